// SPDX-License-Identifier: Apache-2.0

package callmodel

func (m *Model) answerCall(in AnswerCall) {
	n, err := m.resolve(in.Connection, states(1<<Alerting), &plainNames, errNothingToAnswer)
	if err == nil {
		err = m.mayAnswer(n)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.await(&pending{kind: answering, request: in.Request, first: n})
	m.do(Answer{Leg: n.leg.id})
}

func (m *Model) holdCall(in HoldCall) {
	n, err := m.resolve(in.Connection, states(1<<Connected), &plainNames, errNothingActive)
	if err == nil {
		err = m.mayHold(n)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.await(&pending{kind: holding, request: in.Request, first: n})
}

func (m *Model) retrieveCall(in RetrieveCall) {
	n, err := m.resolve(in.Connection, states(1<<Hold), &plainNames, errNothingHeld)
	if err == nil {
		err = m.mayRetrieve(n)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.await(&pending{kind: retrieving, request: in.Request, first: n})
}

func (m *Model) alternateCall(in AlternateCall) {
	held, active, err := m.pair(in.Held, in.Active)
	if err == nil {
		err = m.mayAlternate(held, active)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	m.await(&pending{kind: alternating, request: in.Request, first: active, second: held})
}

func (m *Model) reconnectCall(in ReconnectCall) {
	held, active, err := m.pair(in.Held, in.Active)
	if err == nil {
		err = m.mayReconnect(held, active)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	m.await(&pending{kind: reconnecting, request: in.Request, first: active, second: held})
}

// consultationCall holds the call and, when that is done, makes another one
// over the same leg. The new call counts from now on, but nobody sees it.
func (m *Model) consultationCall(in ConsultationCall) {
	n, err := m.resolve(in.Existing, states(1<<Connected), &activeNames, errNothingActive)
	if err == nil {
		err = m.mayConsult(n)
	}
	if err == nil && in.Consulted == "" {
		err = errCalled
	}
	if err != nil {
		m.reply(in.Request, in.Existing, err)
		return
	}
	second := m.prepare(n.line, in.Consulted)
	second.state = Null
	second.call.reason, second.call.consult = CauseConsultation, in.Options
	second.call.set(in.Data)
	m.carry(n.leg, second)
	m.await(&pending{kind: consulting, request: in.Request, first: n, second: second})
}

// consult makes the new call of a consultation.
func (m *Model) consult(n *connection) {
	m.become(n, Initiated)
	m.event(ServiceInitiated, n, CauseConsultation)
	m.originate(n)
}

// legHeld: the user put the call on hold at the phone.
func (m *Model) legHeld(in LegHeld) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	m.answerHand(l)
	n := l.active()
	if n.state != Connected {
		m.ignored++
		return
	}
	if m.byHand(l, n, holding) {
		return
	}
	m.hold(n, CauseKeyOperation)
}

// legRetrieved: the user took back the call that was held last.
func (m *Model) legRetrieved(in LegRetrieved) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	m.answerHand(l)
	n := l.active()
	if n.state != Hold {
		m.ignored++
		return
	}
	if m.byHand(l, n, retrieving) {
		return
	}
	m.retrieve(n, CauseKeyOperation)
}

// byHand ends the service that waits for a leg whose user pressed a key: it is
// done if the user did what it asks for.
func (m *Model) byHand(l *leg, n *connection, kind pendingKind) bool {
	for _, other := range l.connections {
		o := other.pending
		switch {
		case o == nil || !o.byMedia():
			continue
		case o.kind == kind && o.first == n:
			m.complete(o, CauseNormal)
			return true
		}
		m.abort(o, errOverruled)
		return m.byHand(l, n, kind)
	}
	return false
}
