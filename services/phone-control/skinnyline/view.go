// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
)

// view is how the station is to show a call; false: not at all.
func (s *station) view(c *call, p place) (v view, visible bool) {
	switch {
	case c.dialling != nil:
		if c.station != s {
			return view{}, false
		}
		v = c.dialling.view(c)
	case c.failed != "":
		if c.station != s {
			return view{}, false
		}
		v = failedView(c.failed)
		v.info = s.info(c)
	case c.rings():
		if c.leg.dialled != 0 { // dialled, and not answered yet
			if c.station != s {
				return view{}, false
			}
			v = s.ownView(c)
		} else if v, visible = s.ringing(c, p); !visible {
			return view{}, false
		}
	case c.station == s:
		v = s.ownView(c)
	case !c.has():
		return view{}, false
	default:
		if v, visible = s.elsewhere(c); !visible {
			return view{}, false
		}
	}
	v.mask = s.mask(v.keys, p)
	return v, true
}

// ringing is a call that rings for the line.
func (s *station) ringing(c *call, p place) (view, bool) {
	if !slices.Contains(c.leg.ringsAt, s) {
		return view{}, false
	}
	v := view{state: skinny.StateRingIn, own: true, keys: skinny.KeysRingIn, info: s.info(c)}
	v.prompt = skinny.PhraseFrom.Text() + who(v.info.calling, v.info.restricted)
	if c.model.State == callmodel.Initiated || !c.has() && c.leg.caller == 0 { // the user is to pick up and call
		v.prompt = skinny.PhraseEnterNumber.Text()
		if v.info.called.Number != "" {
			v.prompt = v.info.called.Number
		}
	}
	switch {
	case s.driver.loop.Features().DoNotDisturb(p.line.number):
		v.ring = skinny.RingFlash // the target has it that do not disturb is silent
	case s.active != nil && s.active != c:
		v.tone = skinny.ToneCallWaiting
	case p.silent:
	case c.model.External:
		v.ring = skinny.RingOutside
	default:
		v.ring = skinny.RingInside
	}
	return v, true
}

// ownView is a call that the station has.
func (s *station) ownView(c *call) view {
	v := view{own: true, info: s.info(c)}
	set := func(state skinny.State, keys skinny.KeySet, prompt skinny.Phrase, tone skinny.Tone) {
		v.state, v.keys, v.prompt, v.tone = state, keys, prompt.Text(), tone
	}
	switch c.model.State {
	case callmodel.Hold, callmodel.Queued:
		set(skinny.StateHold, skinny.KeysOnHold, skinny.PhraseHold, 0)
		return v
	case callmodel.Initiated:
		set(skinny.StateOffHook, skinny.KeysOffHook, skinny.PhraseEnterNumber, skinny.ToneInsideDial)
		if c.model.Called != "" {
			v.keys, v.tone = skinny.KeysDigitsFollowing, 0
		}
		return v
	case callmodel.Fail:
		failed := failedView(c.model.Failed)
		failed.info = v.info
		return failed
	case callmodel.Null, callmodel.Alerting, callmodel.Connected:
	}
	switch c.model.Far {
	case callmodel.Connected, callmodel.Hold, callmodel.Queued:
		set(skinny.StateConnected, skinny.KeysConnected, skinny.PhraseConnected, 0)
		if c.model.Parties > 2 {
			v.prompt = skinny.PhraseInConference.Text()
		}
	case callmodel.Alerting:
		set(skinny.StateRingOut, skinny.KeysRingOut, skinny.PhraseRingOut, skinny.ToneAlerting)
	case callmodel.Fail:
		failed := failedView(c.model.Failed)
		failed.info = v.info
		return failed
	case callmodel.Null, callmodel.Initiated:
		set(skinny.StateProceed, skinny.KeysRingOut, skinny.PhraseCallProceed, 0)
	}
	if c.consults != nil && c.consults.station == s {
		switch c.purpose {
		case toTransfer:
			v.keys = skinny.KeysConnectedTransfer
		case toConference:
			v.keys = skinny.KeysConnectedConference
		case plainCall:
		}
	}
	return v
}

// elsewhere is a call of the line at another phone.
func (s *station) elsewhere(c *call) (view, bool) {
	switch c.model.State {
	case callmodel.Hold:
		if c.leg == nil { // at a phone that is not ours
			break
		}
		return view{
			state: skinny.StateHold, keys: skinny.KeysOnHookStealable, prompt: skinny.PhraseHold.Text(), info: s.info(c),
		}, true
	case callmodel.Connected, callmodel.Initiated, callmodel.Fail:
	case callmodel.Null, callmodel.Alerting, callmodel.Queued:
		return view{}, false
	}
	return view{
		state: skinny.StateRemoteMultiline, keys: skinny.KeysInUseHint, prompt: skinny.PhraseInUseRemote.Text(), info: s.info(c),
	}, true
}

// failedView tells the user why a call can't be.
func failedView(cause callmodel.Cause) view {
	v := view{own: true, keys: skinny.KeysOffHookFeatures}
	switch cause {
	case callmodel.CauseBusy, callmodel.CauseDoNotDisturb:
		v.state, v.prompt, v.tone, v.keys = skinny.StateBusy, skinny.PhraseBusy.Text(), skinny.ToneLineBusy, skinny.KeysRingOut
	case callmodel.CauseNumberUnallocated, callmodel.CauseDestNotObtainable, callmodel.CauseBlocked:
		v.state, v.prompt, v.tone = skinny.StateInvalidNumber, skinny.PhraseUnknownNumber.Text(), skinny.ToneReorder
	case callmodel.CauseCallNotAnswered:
		v.state, v.prompt, v.tone, v.keys = skinny.StateBusy, skinny.PhraseTemporaryFailure.Text(), skinny.ToneReorder, skinny.KeysRingOut
	default:
		v.state, v.prompt, v.tone = skinny.StateCongestion, skinny.PhraseTemporaryFailure.Text(), skinny.ToneReorder
	}
	return v
}

// info is who is in a call.
func (s *station) info(c *call) info {
	d := s.driver
	own := skinny.Party{Name: d.displayName(c.line.number), Number: string(c.line.number)}
	if !c.has() && c.leg == nil {
		if c.failed == "" || c.dialledNumber() == "" {
			return info{}
		}
		return info{calling: own, called: d.partyOf(callmodel.DeviceID(c.dialledNumber())), kind: skinny.CallOutbound}
	}
	other := d.partyOf(c.model.Other)
	if c.leg != nil && c.leg.shown.Number == c.model.Other && c.leg.shown.Name != "" {
		other.Name = c.leg.shown.Name
	}
	if c.leg != nil && !c.has() {
		other = skinny.Party{Name: c.leg.shown.Name, Number: string(c.leg.shown.Number)}
		if c.leg.dialled != 0 {
			other = d.partyOf(callmodel.DeviceID(c.dialledNumber()))
		}
	}
	told := info{restricted: c.model.Restricted || c.leg != nil && !c.has() && c.leg.shown.Restricted}
	if told.restricted {
		other = skinny.Party{}
	}
	if c.model.Caller || c.model.State == callmodel.Initiated || c.leg != nil && c.leg.dialled != 0 && !c.has() {
		told.kind, told.calling, told.called = skinny.CallOutbound, own, other
		return told
	}
	told.kind, told.calling, told.called = skinny.CallInbound, other, own
	if redirected := c.model.Redirected; redirected != "" && redirected != c.line.number {
		told.kind = skinny.CallForward
		told.redirecting = d.partyOf(redirected)
		told.original = d.partyOf(c.model.Called)
	}
	return told
}

// partyOf is a number with the name that the target's configuration has.
func (d *Driver) partyOf(number callmodel.DeviceID) skinny.Party {
	return skinny.Party{Name: d.displayName(number), Number: string(number)}
}

// who names a party in a prompt.
func who(party skinny.Party, restricted bool) string {
	switch {
	case restricted:
		return skinny.PhrasePrivate.Text()
	case party.Number == "":
		return skinny.PhraseUnknownNumber.Text()
	}
	return party.Number
}
