// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"fmt"

	"offhook.dev/csta"
)

func moveChecks() []Check {
	basic := []string{"makeCall", "clearConnection", "monitorStart", "consultationCall"}
	with := func(more ...string) []string { return append(append([]string{}, basic...), more...) }
	return []Check{
		{Name: "move/alternate-reconnect", Source: "ECMA-269 Alternate Call, Reconnect Call", Needs: with("alternateCall", "reconnectCall"), Lines: 3, run: alternate},
		{Name: "move/transfer", Source: "ECMA-269 Transfer Call", Needs: with("transferCall"), Lines: 3, run: transfer},
		{Name: "move/conference", Source: "ECMA-269 Conference Call", Needs: with("conferenceCall"), Lines: 3, run: conferenceOfThree},
		{Name: "move/single-step-transfer", Source: "ECMA-269 Single Step Transfer Call", Needs: []string{"makeCall", "clearConnection", "monitorStart", "singleStepTransfer"}, Lines: 3, run: singleStepTransfer},
		{Name: "move/single-step-conference", Source: "ECMA-269 Single Step Conference Call", Needs: []string{"makeCall", "clearConnection", "monitorStart", "singleStepConference"}, Lines: 3, run: singleStepConference},
		{Name: "move/deflect", Source: "ECMA-269 Deflect Call", Needs: []string{"makeCall", "clearConnection", "monitorStart", "deflectCall"}, Lines: 3, run: deflect},
		{Name: "move/directed-pickup", Source: "ECMA-269 Directed Pickup Call", Needs: []string{"makeCall", "clearConnection", "monitorStart", "directedPickupCall"}, Lines: 3, run: directedPickup},
	}
}

// consult has the second party, in call with the first, talk to the third. It
// gives the held and the active call.
func consult(t *trial) (parties []*party, held, active csta.CallID, err error) {
	if parties, err = t.enter(3); err != nil {
		return nil, "", "", err
	}
	consulting, consulted := parties[1], parties[2]
	call, err := talk(parties[0], consulting)
	if err != nil {
		return nil, "", "", err
	}
	response, err := ask[*csta.ConsultationCallResponse](consulting, &csta.ConsultationCall{
		ExistingCall: consulting.at(call.CallID), ConsultedDevice: csta.DeviceID{Text: consulted.line},
	})
	if err != nil {
		return nil, "", "", err
	}
	if _, err = parties[0].told("HeldEvent"); err != nil {
		return nil, "", "", err
	}
	if err = consulting.toldAll("HeldEvent", "OriginatedEvent", "DeliveredEvent"); err != nil {
		return nil, "", "", err
	}
	if _, err = consulted.told("DeliveredEvent"); err != nil {
		return nil, "", "", err
	}
	if err = consulted.pickUp(response.InitiatedCall.CallID); err != nil {
		return nil, "", "", err
	}
	for _, p := range parties[1:] {
		if _, err = p.told("EstablishedEvent"); err != nil {
			return nil, "", "", err
		}
	}
	return parties, call.CallID, response.InitiatedCall.CallID, nil
}

func alternate(t *trial) error {
	parties, held, active, err := consult(t)
	if err != nil {
		return err
	}
	p := parties[1]
	if _, err := ask[*csta.AlternateCallResponse](p, &csta.AlternateCall{HeldCall: p.at(held), ActiveCall: p.at(active)}); err != nil {
		return err
	}
	if err := p.toldAll("HeldEvent", "RetrievedEvent"); err != nil {
		return err
	}
	// What was held is active now.
	if _, err := ask[*csta.ReconnectCallResponse](p, &csta.ReconnectCall{ActiveCall: p.at(held), HeldCall: p.at(active)}); err != nil {
		return err
	}
	if _, err := parties[0].told("RetrievedEvent"); err != nil {
		return err
	}
	if _, err := parties[0].told("ConnectionClearedEvent"); err != nil {
		return err
	}
	return p.ClearConnection(t.ctx, p.at(active))
}

func transfer(t *trial) error {
	parties, held, active, err := consult(t)
	if err != nil {
		return err
	}
	p := parties[1]
	response, err := ask[*csta.TransferCallResponse](p, &csta.TransferCall{HeldCall: p.at(held), ActiveCall: p.at(active)})
	if err != nil {
		return err
	}
	for _, p := range parties {
		if _, err := p.told("TransferedEvent"); err != nil {
			return err
		}
	}
	return parties[0].ClearConnection(t.ctx, parties[0].at(response.TransferredCall.CallID))
}

func conferenceOfThree(t *trial) error {
	parties, held, active, err := consult(t)
	if err != nil {
		return err
	}
	p := parties[1]
	response, err := ask[*csta.ConferenceCallResponse](p, &csta.ConferenceCall{HeldCall: p.at(held), ActiveCall: p.at(active)})
	if err != nil {
		return err
	}
	for _, p := range parties {
		if _, err := p.told("ConferencedEvent"); err != nil {
			return err
		}
	}
	// The others go on when one leaves.
	call := response.ConferenceCall.CallID
	if err := p.ClearConnection(t.ctx, p.at(call)); err != nil {
		return err
	}
	for _, p := range parties {
		if _, err := p.told("ConnectionClearedEvent"); err != nil {
			return err
		}
	}
	return parties[0].ClearConnection(t.ctx, parties[0].at(call))
}

func singleStepTransfer(t *trial) error {
	parties, err := t.enter(3)
	if err != nil {
		return err
	}
	call, err := talk(parties[0], parties[1])
	if err != nil {
		return err
	}
	response, err := ask[*csta.SingleStepTransferCallResponse](parties[1], &csta.SingleStepTransferCall{
		ActiveCall: parties[1].at(call.CallID), TransferredTo: csta.DeviceID{Text: parties[2].line},
	})
	if err != nil {
		return err
	}
	if err := parties[0].toldAll("TransferedEvent", "DeliveredEvent"); err != nil {
		return err
	}
	if err := parties[2].pickUp(response.TransferredCall.CallID); err != nil {
		return err
	}
	if _, err := parties[0].told("EstablishedEvent"); err != nil {
		return err
	}
	return parties[0].ClearConnection(t.ctx, parties[0].at(response.TransferredCall.CallID))
}

func singleStepConference(t *trial) error {
	parties, err := t.enter(3)
	if err != nil {
		return err
	}
	call, err := talk(parties[0], parties[1])
	if err != nil {
		return err
	}
	response, err := ask[*csta.SingleStepConferenceCallResponse](parties[0], &csta.SingleStepConferenceCall{
		ActiveCall: parties[0].at(call.CallID), DeviceToJoin: csta.DeviceID{Text: parties[2].line},
		ParticipationType: csta.ParticipationTypeActive,
	})
	if err != nil {
		return err
	}
	if err := parties[2].pickUp(response.ConferencedCall.CallID); err != nil {
		return err
	}
	// Servers differ in whether the call is a conference before the device
	// answers.
	if _, err := parties[1].told("ConferencedEvent", "DeliveredEvent"); err != nil {
		return err
	}
	return parties[0].ClearConnection(t.ctx, parties[0].at(response.ConferencedCall.CallID))
}

// ring has the first party call the second and gives the call while it rings.
func ring(t *trial) ([]*party, csta.ConnectionID, error) {
	parties, err := t.enter(3)
	if err != nil {
		return nil, csta.ConnectionID{}, err
	}
	call, err := parties[0].MakeCall(t.ctx, parties[0].line, parties[1].line, false)
	if err != nil {
		return nil, call, err
	}
	if err := parties[0].toldAll("OriginatedEvent", "DeliveredEvent"); err != nil {
		return nil, call, err
	}
	_, err = parties[1].told("DeliveredEvent")
	return parties, call, err
}

func deflect(t *trial) error {
	parties, call, err := ring(t)
	if err != nil {
		return err
	}
	request := &csta.DeflectCall{CallToBeDiverted: parties[1].at(call.CallID)}
	request.NewDestination = csta.Destinations{{Text: parties[2].line}}
	if _, err := ask[*csta.DeflectCallResponse](parties[1], request); err != nil {
		return err
	}
	event, err := parties[1].told("DivertedEvent")
	if err != nil {
		return err
	}
	if cause := event.(*csta.DivertedEvent).Cause; cause != csta.EventCauseRedirected { //nolint:forcetypeassert // by its element
		return fmt.Errorf("DivertedEvent has the cause %s, want redirected", cause)
	}
	if _, err := parties[2].told("DeliveredEvent"); err != nil {
		return err
	}
	return parties[0].ClearConnection(t.ctx, call)
}

func directedPickup(t *trial) error {
	parties, call, err := ring(t)
	if err != nil {
		return err
	}
	response, err := ask[*csta.DirectedPickupCallResponse](parties[2], &csta.DirectedPickupCall{
		CallToBePickedUp: parties[1].at(call.CallID), RequestingDevice: csta.DeviceID{Text: parties[2].line},
	})
	if err != nil {
		return err
	}
	if _, err := parties[1].told("DivertedEvent"); err != nil {
		return err
	}
	if _, err := parties[2].told("EstablishedEvent"); err != nil {
		return err
	}
	return parties[2].ClearConnection(t.ctx, parties[2].at(response.PickedCall.CallID))
}
