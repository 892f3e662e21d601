// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"errors"
	"fmt"
	"slices"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// Errors of Act.
var (
	ErrNoCall  = errors.New("the phone has no call that this can be done with")
	ErrNoTrunk = errors.New("the target has no trunk that the number could call from")
	ErrAction  = errors.New("unknown action")
)

// Act does what the user of a phone does. The error tells that the phone can't
// do it now; nothing has happened then. On the target's goroutine.
func (d *Driver) Act(request *phonecontrolv1.ActRequest) error {
	number, to := callmodel.DeviceID(request.GetPhone()), request.GetNumber()
	p := d.phone(number)
	switch action := request.GetAction(); action {
	case phonecontrolv1.Action_ACTION_DIAL:
		return d.dial(p, to)
	case phonecontrolv1.Action_ACTION_UNPLUG:
		d.unplug(p)
		return nil
	case phonecontrolv1.Action_ACTION_PLUG_IN:
		p.unplugged = false
		d.loop.Indicate(callmodel.ServiceChanged{Device: number, InService: true})
		return nil
	case phonecontrolv1.Action_ACTION_PICK_UP, phonecontrolv1.Action_ACTION_DECLINE, phonecontrolv1.Action_ACTION_REDIRECT:
		l := p.first(func(l *leg) bool { return l.state == ringing })
		if l == nil {
			return fmt.Errorf("%s: %w", action, ErrNoCall)
		}
		d.atRinging(l, action, to)
		return nil
	case phonecontrolv1.Action_ACTION_HANG_UP:
		return d.hangUp(p)
	case phonecontrolv1.Action_ACTION_RETRIEVE:
		return d.retrieve(p)
	case phonecontrolv1.Action_ACTION_HOLD, phonecontrolv1.Action_ACTION_TRANSFER,
		phonecontrolv1.Action_ACTION_ATTENDED_TRANSFER, phonecontrolv1.Action_ACTION_DIGITS:
		l := p.inUse()
		if l == nil {
			return fmt.Errorf("%s: %w", action, ErrNoCall)
		}
		return d.inCall(l, action, to)
	case phonecontrolv1.Action_ACTION_UNSPECIFIED:
	}
	return ErrAction
}

// dial lets a phone call a number. Who calls from the trunk is shown as the dial
// plan says.
func (d *Driver) dial(p *phone, number string) error {
	from, trunk := p.number, ""
	if !d.has(p.number) {
		if d.trunk == "" {
			return ErrNoTrunk
		}
		from, trunk = callmodel.DeviceID(d.plan.Caller(string(from))), d.trunk
	}
	d.lastDialled++
	l := &leg{phone: p, state: calling, dialled: d.lastDialled}
	p.legs = append(p.legs, l)
	d.dialled[l.dialled] = l
	d.loop.Indicate(callmodel.Dialled{Dialled: l.dialled, From: from, Trunk: trunk, Number: number})
	return nil
}

func (d *Driver) has(number callmodel.DeviceID) bool {
	return slices.Contains(d.all(), string(number))
}

// unplug lets a phone go without a word.
func (d *Driver) unplug(p *phone) {
	p.unplugged = true
	for len(p.legs) > 0 {
		d.end(p.legs[0], callmodel.CauseDestOutOfOrder)
	}
	d.loop.Indicate(callmodel.ServiceChanged{Device: p.number, InService: false})
}

func (d *Driver) atRinging(l *leg, action phonecontrolv1.Action, to string) {
	switch action { //nolint:exhaustive // those of a phone that rings
	case phonecontrolv1.Action_ACTION_PICK_UP:
		d.pickUp(l)
	case phonecontrolv1.Action_ACTION_DECLINE:
		d.end(l, callmodel.CauseBusy)
	case phonecontrolv1.Action_ACTION_REDIRECT:
		leg := l.id
		d.forget(l)
		d.loop.Indicate(callmodel.LegRedirects{Leg: leg, To: to})
	}
}

func (d *Driver) hangUp(p *phone) error {
	l := p.inUse()
	if l == nil {
		l = p.first(func(l *leg) bool { return l.state == calling })
	}
	if l == nil {
		l = p.first(func(l *leg) bool { return l.state == up })
	}
	if l != nil {
		d.end(l, callmodel.CauseNormalClearing)
		return nil
	}
	if l = p.first(func(l *leg) bool { return l.state == ringing }); l == nil {
		return ErrNoCall
	}
	d.end(l, callmodel.CauseBusy)
	return nil
}

func (d *Driver) retrieve(p *phone) error {
	l := p.first(func(l *leg) bool { return l.state == up && l.held })
	if l == nil { // one that the server holds
		l = p.first(func(l *leg) bool { return l.state == up && l.media.Kind == callmodel.OnHold })
	}
	if l == nil {
		return ErrNoCall
	}
	l.held = false
	d.loop.Indicate(callmodel.LegRetrieved{Leg: l.id})
	return nil
}

func (d *Driver) inCall(l *leg, action phonecontrolv1.Action, to string) error {
	switch action { //nolint:exhaustive // those of a phone in a call
	case phonecontrolv1.Action_ACTION_HOLD:
		l.held = true
		d.loop.Indicate(callmodel.LegHeld{Leg: l.id})
	case phonecontrolv1.Action_ACTION_TRANSFER:
		d.loop.Indicate(callmodel.LegRefers{Leg: l.id, To: to})
	case phonecontrolv1.Action_ACTION_ATTENDED_TRANSFER:
		other := l.phone.first(func(other *leg) bool { return other != l && other.state == up })
		if other == nil {
			return fmt.Errorf("attended transfer: %w", ErrNoCall)
		}
		d.loop.Indicate(callmodel.LegRefers{Leg: other.id, Replaces: l.id})
	case phonecontrolv1.Action_ACTION_DIGITS:
		d.loop.Indicate(callmodel.LegDigits{Leg: l.id, Digits: to})
	}
	return nil
}
