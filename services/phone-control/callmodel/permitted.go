// SPDX-License-Identifier: Apache-2.0

package callmodel

// Services that may be permitted: bits of cti.v1.PermittedService.
const (
	permitAlternateCall Services = 1 << (iota + 1)
	permitAnswerCall
	permitCallBack
	permitClearCall
	permitClearConnection
	permitConferenceCall
	permitConsultationCall
	permitDeflectCall
	permitDialDigits
	permitDirectedPickupCall
	permitGroupPickupCall
	permitHoldCall
	permitJoinCall
	permitParkCall
	permitReconnectCall
	permitRetrieveCall
	permitSingleStepConferenceCall
	permitSingleStepTransferCall
	permitTransferCall
	permitGenerateDigits
)

// permitted are the services that would be carried out for a connection now.
// DirectedPickupCall and GroupPickupCall are for others, who may take the call
// of the connection over; JoinCall for those who may join its call.
func (m *Model) permitted(n *connection) Services {
	if !n.seen() {
		return 0
	}
	set := permitClearCall | permitClearConnection
	add := func(service Services, err *Error) {
		if err == nil {
			set |= service
		}
	}
	switch n.state {
	case Initiated:
		add(permitDialDigits, m.mayDial(n))
	case Alerting:
		add(permitAnswerCall, m.mayAnswer(n))
		add(permitDeflectCall, m.mayDeflect(n))
		m.addPickups(n, &set)
	case Queued:
		add(permitDeflectCall, m.mayDeflect(n))
		m.addPickups(n, &set)
	case Connected:
		add(permitHoldCall, m.mayHold(n))
		add(permitConsultationCall, m.mayConsult(n))
		add(permitSingleStepTransferCall, m.maySingleStepTransfer(n))
		add(permitSingleStepConferenceCall, m.maySingleStepConference(n))
		add(permitParkCall, first(m.mayPark(n), m.maySlot()))
		add(permitGenerateDigits, m.maySendDigits(n))
		_, err := m.mayCallBack(n)
		add(permitCallBack, err)
		if held := n.counterpart(Hold); held != nil {
			m.addPair(held, n, &set)
		}
	case Hold:
		add(permitRetrieveCall, m.mayRetrieve(n))
		if active := n.counterpart(Connected); active != nil {
			m.addPair(n, active, &set)
		}
	case Null, Fail:
	}
	add(permitJoinCall, m.mayBeJoined(n))
	return set
}

func (m *Model) addPickups(n *connection, set *Services) {
	if m.mayBePickedUp(n) != nil {
		return
	}
	*set |= permitDirectedPickupCall
	if n.line != nil && n.line.PickupGroup != "" && n.state == Alerting {
		*set |= permitGroupPickupCall
	}
}

func (m *Model) addPair(held, active *connection, set *Services) {
	for _, service := range [...]struct {
		bit Services
		err *Error
	}{
		{permitAlternateCall, m.mayAlternate(held, active)},
		{permitReconnectCall, m.mayReconnect(held, active)},
		{permitTransferCall, m.mayTransfer(held, active)},
		{permitConferenceCall, m.mayConference(held, active)},
	} {
		if service.err == nil {
			*set |= service.bit
		}
	}
}

// counterpart is the device's other connection, of a state that it has once;
// nil: none.
func (n *connection) counterpart(state State) *connection {
	if n.line == nil {
		return nil
	}
	var found *connection
	for _, other := range n.line.connections {
		if other == n || other.state != state {
			continue
		}
		if found != nil {
			return nil
		}
		found = other
	}
	return found
}
