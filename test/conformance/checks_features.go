// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"fmt"

	"offhook.dev/csta"
)

func featureChecks() []Check {
	return []Check{
		{Name: "feature/do-not-disturb", Source: "ECMA-269 Set Do Not Disturb", Needs: []string{"setDoNotDisturb", "getDoNotDisturb"}, Lines: 1, run: doNotDisturb},
		{Name: "feature/forwarding", Source: "ECMA-269 Set Forwarding", Needs: []string{"setForwarding", "getForwarding"}, Lines: 2, run: forwarding},
		{Name: "feature/forwarding-acts", Source: "ECMA-269 Diverted", Needs: []string{"setForwarding", "makeCall", "clearConnection"}, Lines: 3, run: forwardingActs},
		{Name: "feature/message-waiting", Source: "ECMA-269 Set Message Waiting Indicator", Needs: []string{"setMessageWaitingIndicator", "getMessageWaitingIndicator"}, Lines: 1, run: messageWaiting},
	}
}

func doNotDisturb(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	for _, on := range []bool{true, false} {
		if _, err := ask[*csta.SetDoNotDisturbResponse](p, &csta.SetDoNotDisturb{Device: csta.DeviceID{Text: p.line}, DoNotDisturbOn: on}); err != nil {
			return err
		}
		if _, err := p.told("DoNotDisturbEvent"); err != nil {
			return err
		}
		got, err := ask[*csta.GetDoNotDisturbResponse](p, &csta.GetDoNotDisturb{Device: csta.DeviceID{Text: p.line}})
		if err != nil {
			return err
		}
		if got.DoNotDisturbOn != on {
			return fmt.Errorf("do not disturb was set to %t and is %t", on, got.DoNotDisturbOn)
		}
	}
	return nil
}

func (p *party) forward(to string, on bool) error {
	request := &csta.SetForwarding{
		Device: csta.DeviceID{Text: p.line}, ForwardingType: csta.ForwardingTypeForwardImmediate, ActivateForward: on,
	}
	if on {
		request.ForwardDN = &csta.DeviceID{Text: to}
	}
	if _, err := ask[*csta.SetForwardingResponse](p, request); err != nil {
		return err
	}
	_, err := p.told("ForwardingEvent")
	return err
}

func forwarding(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	if err := p.forward(t.server.Lines[1], true); err != nil {
		return err
	}
	got, err := ask[*csta.GetForwardingResponse](p, &csta.GetForwarding{Device: csta.DeviceID{Text: p.line}})
	if err != nil {
		return err
	}
	active := false
	for _, item := range got.ForwardingList {
		active = active || item.ForwardStatus && item.ForwardingType == csta.ForwardingTypeForwardImmediate
	}
	if !active {
		return fmt.Errorf("forwardImmediate was set and is not in %v", got.ForwardingList)
	}
	return p.forward("", false)
}

func forwardingActs(t *trial) error {
	parties, err := t.enter(3)
	if err != nil {
		return err
	}
	if err := parties[1].forward(parties[2].line, true); err != nil {
		return err
	}
	call, err := parties[0].MakeCall(t.ctx, parties[0].line, parties[1].line, false)
	if err != nil {
		return err
	}
	if _, err := parties[1].told("DivertedEvent"); err != nil {
		return err
	}
	if _, err := parties[2].told("DeliveredEvent"); err != nil {
		return err
	}
	if err := parties[0].ClearConnection(t.ctx, call); err != nil {
		return err
	}
	return parties[1].forward("", false)
}

func messageWaiting(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	for _, on := range []bool{true, false} {
		request := &csta.SetMessageWaitingIndicator{Device: csta.DeviceID{Text: p.line}, MessageWaitingOn: on}
		if _, err := ask[*csta.SetMessageWaitingIndicatorResponse](p, request); err != nil {
			return err
		}
		if _, err := p.told("MessageWaitingEvent"); err != nil {
			return err
		}
	}
	return nil
}
