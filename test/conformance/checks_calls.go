// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"fmt"

	"offhook.dev/csta"
)

func callChecks() []Check {
	basic := []string{"makeCall", "clearConnection", "monitorStart"}
	with := func(more ...string) []string { return append(append([]string{}, basic...), more...) }
	return []Check{
		{Name: "call/make-clear", Source: "ECMA-269 Make Call, Clear Connection", Needs: basic, Lines: 2, run: makeAndClear},
		{Name: "call/response-first", Source: "TR/87 7.3", Needs: basic, Lines: 2, run: responseFirst},
		{Name: "call/hold-retrieve", Source: "ECMA-269 Hold Call, Retrieve Call", Needs: with("holdCall", "retrieveCall"), Lines: 2, run: holdAndRetrieve},
		{Name: "call/snapshot-device", Source: "ECMA-269 Snapshot Device", Needs: with("snapshotDevice"), Lines: 2, run: snapshotOfDevice},
		{Name: "call/snapshot-call", Source: "ECMA-269 Snapshot Call", Needs: with("snapshotCall"), Lines: 2, run: snapshotOfCall},
		{Name: "call/clear-call", Source: "ECMA-269 Clear Call", Needs: with("clearCall"), Lines: 2, run: clearWholeCall},
		{Name: "call/unknown-number", Source: "ECMA-269 Failed", Needs: basic, Lines: 2, run: toNobody},
	}
}

// talk makes a call from the first party to the second and has it answered.
func talk(caller, called *party) (csta.ConnectionID, error) {
	ctx := caller.trial.ctx
	call, err := caller.MakeCall(ctx, caller.line, called.line, false)
	if err != nil {
		return call, err
	}
	if err := caller.toldAll("OriginatedEvent", "DeliveredEvent"); err != nil {
		return call, err
	}
	if _, err := called.told("DeliveredEvent"); err != nil {
		return call, err
	}
	if err := called.pickUp(call.CallID); err != nil {
		return call, err
	}
	if _, err := caller.told("EstablishedEvent"); err != nil {
		return call, err
	}
	_, err = called.told("EstablishedEvent")
	return call, err
}

// pickUp answers the call that rings at the party's line, unless its phone
// does so by itself.
func (p *party) pickUp(call csta.CallID) error {
	switch {
	case p.trial.server.Phones != nil:
		ctx, cancel := context.WithTimeout(p.trial.ctx, p.trial.server.Patience)
		defer cancel()
		return p.trial.server.Phones.PickUp(ctx, p.line)
	case p.trial.offered["answerCall"]:
		_, err := ask[*csta.AnswerCallResponse](p, &csta.AnswerCall{CallToBeAnswered: p.at(call)})
		return err
	}
	return nil
}

// at is the party's connection in a call.
func (p *party) at(call csta.CallID) csta.ConnectionID {
	return csta.ConnectionID{CallID: call, DeviceID: csta.DeviceID{Text: p.line}}
}

func makeAndClear(t *trial) error {
	parties, err := t.enter(2)
	if err != nil {
		return err
	}
	caller, called := parties[0], parties[1]
	call, err := talk(caller, called)
	if err != nil {
		return err
	}
	if call.DeviceID.Text != caller.line {
		return fmt.Errorf("MakeCallResponse names the device %q, the request %q", call.DeviceID.Text, caller.line)
	}
	if err := called.ClearConnection(t.ctx, called.at(call.CallID)); err != nil {
		return err
	}
	for _, p := range parties {
		event, err := p.told("ConnectionClearedEvent")
		if err != nil {
			return err
		}
		if cleared := event.(*csta.ConnectionClearedEvent); cleared.DroppedConnection.CallID != call.CallID { //nolint:forcetypeassert // by its element
			return fmt.Errorf("%s is told that %s is cleared, want %s", p.line, cleared.DroppedConnection.CallID, call.CallID)
		}
	}
	return nil
}

// responseFirst: no event of a call is told before the response that names it.
func responseFirst(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	call, err := p.MakeCall(t.ctx, p.line, t.server.Lines[1], false)
	if err != nil {
		return err
	}
	event, err := p.told("OriginatedEvent")
	if err != nil {
		return err
	}
	if got := event.(*csta.OriginatedEvent).OriginatedConnection.CallID; got != call.CallID { //nolint:forcetypeassert // by its element
		return fmt.Errorf("the first call told is %s, that of the response %s", got, call.CallID)
	}
	return p.ClearConnection(t.ctx, call)
}

func holdAndRetrieve(t *trial) error {
	parties, err := t.enter(2)
	if err != nil {
		return err
	}
	caller, called := parties[0], parties[1]
	call, err := talk(caller, called)
	if err != nil {
		return err
	}
	if err := caller.refused(&csta.RetrieveCall{CallToBeRetrieved: call}, csta.ErrorCategoryStateIncompatibility); err != nil {
		return err
	}
	if err := caller.HoldCall(t.ctx, call); err != nil {
		return err
	}
	for _, p := range parties {
		event, err := p.told("HeldEvent")
		if err != nil {
			return err
		}
		want := csta.LocalConnectionStateConnected
		if p == caller {
			want = csta.LocalConnectionStateHold
		}
		if got := event.(*csta.HeldEvent).LocalConnectionInfo; got != want { //nolint:forcetypeassert // by its element
			return fmt.Errorf("%s is told HeldEvent with localConnectionInfo %s, want %s", p.line, got, want)
		}
	}
	if err := caller.RetrieveCall(t.ctx, call); err != nil {
		return err
	}
	for _, p := range parties {
		if _, err := p.told("RetrievedEvent"); err != nil {
			return err
		}
	}
	return caller.ClearConnection(t.ctx, call)
}

func snapshotOfDevice(t *trial) error {
	parties, err := t.enter(2)
	if err != nil {
		return err
	}
	if calls, err := parties[0].SnapshotDevice(t.ctx, parties[0].line); err != nil || len(calls) > 0 {
		return fmt.Errorf("an idle line has the calls %v: %w", calls, err)
	}
	call, err := talk(parties[0], parties[1])
	if err != nil {
		return err
	}
	calls, err := parties[1].SnapshotDevice(t.ctx, parties[1].line)
	if err != nil {
		return err
	}
	if len(calls) != 1 || calls[0].ConnectionIdentifier.CallID != call.CallID {
		return fmt.Errorf("a line in call %s has the calls %v", call.CallID, calls)
	}
	return parties[0].ClearConnection(t.ctx, call)
}

func snapshotOfCall(t *trial) error {
	parties, err := t.enter(2)
	if err != nil {
		return err
	}
	call, err := talk(parties[0], parties[1])
	if err != nil {
		return err
	}
	response, err := ask[*csta.SnapshotCallResponse](parties[0], &csta.SnapshotCall{SnapshotObject: call})
	if err != nil {
		return err
	}
	if data := response.CrossRefIDorSnapshotData.SnapshotData; data != nil && len(data.SnapshotCallResponseInfo) != 2 {
		return fmt.Errorf("a call of two has %d parties", len(data.SnapshotCallResponseInfo))
	}
	return parties[0].ClearConnection(t.ctx, call)
}

func clearWholeCall(t *trial) error {
	parties, err := t.enter(2)
	if err != nil {
		return err
	}
	call, err := talk(parties[0], parties[1])
	if err != nil {
		return err
	}
	if _, err := ask[*csta.ClearCallResponse](parties[1], &csta.ClearCall{CallToBeCleared: parties[1].at(call.CallID)}); err != nil {
		return err
	}
	for _, p := range parties {
		if _, err := p.told("ConnectionClearedEvent"); err != nil {
			return err
		}
	}
	return nil
}

// toNobody: a number that does not exist fails, by response or by event.
func toNobody(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	call, err := p.MakeCall(t.ctx, p.line, "0000000", false)
	if err != nil {
		return nil //nolint:nilerr // refused at once is as good
	}
	if err := p.toldAll("OriginatedEvent", "FailedEvent"); err != nil {
		return err
	}
	return p.ClearConnection(t.ctx, call)
}
