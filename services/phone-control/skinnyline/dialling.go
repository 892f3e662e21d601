// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"strings"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/skinny"
)

// dialling is a number that the user of a phone types.
type dialling struct {
	digits string
	// use is what the number is for.
	use numberUse
	// stop ends the time until the number counts as complete.
	stop func()
	// sent: the model has been asked to call it.
	sent bool
}

// numberUse is what a typed number is for.
type numberUse uint8

const (
	toCall numberUse = iota
	toForward
	toPickUp
)

// maxDigits of a number; more are not taken.
const maxDigits = 32

// defaultInterdigit is the time that a user has for the next digit, firstDigit
// for the first.
const (
	defaultInterdigit = 10 * second
	firstDigit        = 30 * second
)

func (d *Driver) interdigit() time.Duration {
	if t := d.config.Config.GetDriver().GetSkinny().GetInterdigitTimeout().AsDuration(); t > 0 {
		return t
	}
	return defaultInterdigit
}

// view is how the phone shows that a number is typed.
func (n *dialling) view(c *call) view {
	v := view{state: skinny.StateOffHook, own: true, keys: skinny.KeysOffHook, prompt: skinny.PhraseEnterNumber.Text()}
	switch {
	case n.sent:
		v.state, v.keys, v.prompt = skinny.StateProceed, skinny.KeysRingOut, skinny.PhraseCallProceed.Text()
	case n.digits != "":
		v.keys = skinny.KeysDigitsFollowing
	default:
		v.tone = skinny.ToneInsideDial
		if n.use != toCall || c.consults != nil {
			v.keys = skinny.KeysOffHookFeatures
		}
		if n.use != toCall {
			v.tone = skinny.ToneZipZip
		}
	}
	return v
}

// dialledNumber is what the user dialled for the call.
func (c *call) dialledNumber() string { return c.dialled }

// begin has a station's user dial on a line.
func (s *station) begin(p place, use numberUse) *call {
	s.makeRoom(nil)
	c := s.driver.newCall(p.line, s)
	c.dialling = &dialling{use: use}
	s.await(c, firstDigit)
	s.driver.refresh(p.line)
	return c
}

// await gives the user time for the next digit.
func (s *station) await(c *call, wait time.Duration) {
	n := c.dialling
	if n.stop != nil {
		n.stop()
	}
	n.stop = s.driver.loop.After(wait, func() {
		if c.dialling == n && !n.sent {
			s.complete(c)
		}
	})
}

func (c *call) stopDialling() {
	if c.dialling != nil && c.dialling.stop != nil {
		c.dialling.stop()
	}
	c.dialling = nil
}

// press takes a digit of a number.
func (s *station) press(c *call, digit byte) {
	n := c.dialling
	switch {
	case n.sent || len(n.digits) >= maxDigits:
		return
	case digit == '#' && n.digits != "":
		s.complete(c)
		return
	}
	n.digits += string(digit)
	if s.isComplete(n) {
		s.complete(c)
		return
	}
	s.await(c, s.driver.interdigit())
	s.driver.refresh(c.line)
}

// backSpace takes the last digit back.
func (s *station) backSpace(c *call) {
	n := c.dialling
	if n == nil || n.sent || n.digits == "" {
		return
	}
	n.digits = n.digits[:len(n.digits)-1]
	s.await(c, s.driver.interdigit())
	s.driver.refresh(c.line)
}

// isComplete tells whether a number can't go on: it means something, and no
// line's number begins with it; or nothing does.
func (s *station) isComplete(n *dialling) bool {
	target := s.driver.config
	longer := target.HasLongerLine(n.digits)
	for _, slot := range target.Config.GetFeatures().GetParkSlots() {
		if slot == n.digits {
			return !longer
		}
		longer = longer || len(slot) > len(n.digits) && strings.HasPrefix(slot, n.digits)
	}
	return target.DialPlan.Resolve(n.digits).Line != "" && !longer
}

// complete does with the number what it is for.
func (s *station) complete(c *call) {
	n := c.dialling
	if n == nil || n.sent {
		return
	}
	if n.digits == "" { // the user has fallen asleep
		s.driver.fail(c, callmodel.CauseTimeout)
		s.driver.refresh(c.line)
		return
	}
	switch n.use {
	case toForward:
		s.driver.drop(c)
		s.forwardTo(c.line, n.digits)
	case toPickUp:
		s.driver.drop(c)
		s.pickUpAt(c.line, n.digits)
	case toCall:
		s.call(c, n.digits)
		return
	}
	s.driver.refresh(c.line)
}

// call calls the number of a call.
func (s *station) call(c *call, number string) {
	d, n := s.driver, c.dialling
	if n.stop != nil {
		n.stop()
	}
	n.digits, n.sent = number, true
	c.dialled, s.redial = number, number
	d.lastDialled++
	c.leg = &leg{driver: d, dialled: d.lastDialled, line: c.line, station: s, state: legRinging}
	d.dialled[d.lastDialled] = c
	p, _ := s.placeOf(c.line)
	s.send(&skinny.DialedNumber{Number: number, Call: c.id(p)})
	d.refresh(c.line)
	d.loop.Indicate(callmodel.Dialled{Dialled: c.leg.dialled, From: c.line.number, Number: number})
}

// dial calls a number at once: on the call that waits for one, else on a new
// one.
func (s *station) dial(p place, number string) {
	c := s.active
	if c == nil || c.dialling == nil || c.dialling.sent || c.dialling.use != toCall {
		c = s.begin(p, toCall)
	}
	s.call(c, number)
}

// forwardTo forwards all calls of a line, to nobody where number is empty.
func (s *station) forwardTo(l *line, number string) {
	refusal := s.driver.loop.SetForwarding(l.number, linefeatures.Forwarding{
		Type: forwardImmediate, Active: number != "", To: number,
	})
	if refusal != nil {
		s.notify(skinny.PhraseKeyNotActive.Text())
	}
}

// forwardImmediate is the ECMA-323 ForwardingType of all calls.
const forwardImmediate = "forwardImmediate"

// pickUpAt answers here the call that rings at a number.
func (s *station) pickUpAt(l *line, number string) {
	s.pickingUp = true
	s.driver.loop.Request(func(request callmodel.RequestID) callmodel.Input {
		return callmodel.DirectedPickupCall{
			Request: request, PickedUp: callmodel.ConnectionID{Device: callmodel.DeviceID(number)}, Requesting: l.number,
		}
	}, s.pickedUp)
}

// pickUpGroup answers here the call that rings in the line's group.
func (s *station) pickUpGroup(l *line) {
	s.pickingUp = true
	s.driver.loop.Request(func(request callmodel.RequestID) callmodel.Input {
		return callmodel.GroupPickupCall{Request: request, Line: l.number}
	}, s.pickedUp)
}

func (s *station) pickedUp(reply callmodel.Reply) {
	if reply.Error != nil {
		s.pickingUp = false
		s.refused(reply.Error)
	}
}
