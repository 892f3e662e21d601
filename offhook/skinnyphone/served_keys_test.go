// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

// office is Alice, Bob and a guest who answers by himself.
func office(t *testing.T) (alice, bob, guest *skinnyphone.Phone) {
	t.Helper()
	process := floor(t)
	alice = plug(t, process, skinnyphone.Options{DeviceName: alicesPhone, ToneHertz: 440})
	bob = plug(t, process, skinnyphone.Options{DeviceName: bobsPhone, ToneHertz: 620})
	guest = plug(t, process, skinnyphone.Options{DeviceName: guestsPhone, ToneHertz: 500, AnswerAfter: time.Millisecond})
	return alice, bob, guest
}

// talk has one phone call another, which answers.
func talk(t *testing.T, from, to *skinnyphone.Phone, number string) {
	t.Helper()
	_, err := from.Call(t.Context(), number)
	must(t, err)
	in(t, to, skinny.StateRingIn)
	must(t, to.Answer(t.Context()))
	in(t, from, skinny.StateConnected)
	in(t, to, skinny.StateConnected)
}

func TestServedDoNotDisturb(t *testing.T) {
	alice, bob, _ := office(t)
	must(t, alice.PressNamed("DND", skinny.Call{}))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		button, _ := s.ButtonOf(skinny.StimulusDoNotDisturb, 2)
		return s.Prompt == "Do Not Disturb" && button.Status == 1 && s.Lamp(skinny.StimulusDoNotDisturb, 2) == skinny.LampOn
	})
	_, err := bob.Call(t.Context(), "2001")
	must(t, err)
	in(t, bob, skinny.StateBusy)
	await(t, bob, func(s skinnyphone.Snapshot) bool { return s.Sounds(skinny.ToneLineBusy) })
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob)
	must(t, alice.PressPosition(5))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		return s.Prompt == "Your current options" && s.Lamp(skinny.StimulusDoNotDisturb, 2) == skinny.LampOff
	})
	quiet(t, alice)
}

func TestServedForwardAll(t *testing.T) {
	alice, bob, guest := office(t)
	must(t, alice.PressNamed("CFwdAll", skinny.Call{}))
	typing := in(t, alice, skinny.StateOffHook)
	must(t, alice.PressKeypad("2009", typing))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		line, _ := s.Line(1)
		return line.Forward.All == "2009" && s.Prompt == "Forwarded To 2009" && len(s.Calls) == 0
	})
	_, err := bob.Call(t.Context(), "2001")
	must(t, err)
	in(t, guest, skinny.StateConnected)
	hears(t, bob, 500)
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob, guest)
	must(t, alice.PressPosition(6))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		line, _ := s.Line(1)
		return line.Forward.All == "" && s.Prompt == "Your current options"
	})
	quiet(t, alice)
}

func TestServedSpeedDialAndWatchedLine(t *testing.T) {
	alice, bob, _ := office(t)
	status := func(want skinny.LineStatus) {
		t.Helper()
		await(t, alice, func(s skinnyphone.Snapshot) bool {
			button, _ := s.ButtonOf(skinny.StimulusBLFSpeedDial, 1)
			return skinny.LineStatus(button.Status) == want && button.Label == "Bob"
		})
	}
	status(skinny.LineIdle)
	must(t, bob.OffHook(skinny.Call{}))
	up := in(t, bob, skinny.StateOffHook)
	must(t, bob.PressKeypad("2009", up))
	in(t, bob, skinny.StateConnected)
	status(skinny.LineInUse)
	must(t, bob.OnHook(up))
	quiet(t, bob)
	status(skinny.LineIdle)
	must(t, alice.PressPosition(3))
	in(t, bob, skinny.StateRingIn)
	status(skinny.LineAlerting)
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice, bob)
	if missed := bob.Snapshot().Missed; len(missed) != 1 || missed[0] != (skinny.Party{Name: "Alice", Number: "2001"}) {
		t.Errorf("Bob missed %v", missed)
	}
	// Nobody is at 2003, whose speed dial is below.
	must(t, alice.PressPosition(4))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		_, ok := s.CallIn(skinny.StateBusy, skinny.StateCongestion, skinny.StateInvalidNumber)
		return ok
	})
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice)
}

func TestServedRedialAndUnknownNumber(t *testing.T) {
	alice, _, guest := office(t)
	_, err := alice.Call(t.Context(), "2009")
	must(t, err)
	in(t, guest, skinny.StateConnected)
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice, guest)
	must(t, alice.Press(t.Context(), skinny.KeyRedial, skinny.Call{}))
	in(t, guest, skinny.StateConnected)
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice, guest)
	must(t, alice.EnblocDial("2777", 1))
	in(t, alice, skinny.StateInvalidNumber)
	await(t, alice, func(s skinnyphone.Snapshot) bool { return s.Sounds(skinny.ToneReorder) })
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice)
	if placed := alice.Snapshot().Placed; len(placed) != 3 || placed[1] != "2009" {
		t.Errorf("placed %v", placed)
	}
}

func TestServedPark(t *testing.T) {
	alice, bob, guest := office(t)
	talk(t, bob, alice, "2001")
	must(t, alice.Press(t.Context(), skinny.KeyPark, skinny.Call{}))
	await(t, alice, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 && s.Notify == "Call Park At 2701" })
	await(t, bob, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Peer().Number == "2701" })
	_, err := guest.Call(t.Context(), "2701")
	must(t, err)
	in(t, guest, skinny.StateConnected)
	hears(t, guest, 620)
	hears(t, bob, 500)
	must(t, bob.HangUp(t.Context()))
	quiet(t, alice, bob, guest)
}

func TestServedCallWaiting(t *testing.T) {
	alice, bob, guest := office(t)
	talk(t, bob, alice, "2001")
	_, err := guest.Call(t.Context(), "2001")
	must(t, err)
	second := in(t, alice, skinny.StateRingIn)
	snapshot := await(t, alice, func(s skinnyphone.Snapshot) bool { return s.Sounds(skinny.ToneCallWaiting) })
	if snapshot.Ringer != skinny.RingOff {
		t.Errorf("it rings aloud: %s", snapshot)
	}
	must(t, alice.Press(t.Context(), skinny.KeyAnswer, second))
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		call, _ := s.Call(second)
		_, held := s.CallIn(skinny.StateHold)
		return call.State == skinny.StateConnected && held
	})
	hears(t, alice, 500)
	hears(t, guest, 440)
	must(t, alice.Resume(t.Context()))
	await(t, alice, func(s skinnyphone.Snapshot) bool { call, _ := s.Call(second); return call.State == skinny.StateHold })
	hears(t, alice, 620)
	must(t, guest.HangUp(t.Context()))
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice, bob, guest)
}

func TestServedPickUp(t *testing.T) {
	alice, bob, guest := office(t)
	_, err := guest.Call(t.Context(), "2002")
	must(t, err)
	in(t, bob, skinny.StateRingIn)
	must(t, alice.Press(t.Context(), skinny.KeyPickUp, skinny.Call{}))
	typing := in(t, alice, skinny.StateOffHook)
	must(t, alice.PressKeypad("2002", typing))
	in(t, alice, skinny.StateConnected)
	quiet(t, bob)
	hears(t, alice, 500)
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice, guest)
}

func TestServedRegistrationMovesAndEnds(t *testing.T) {
	process := floor(t)
	alice := plug(t, process, skinnyphone.Options{DeviceName: alicesPhone})
	bob := plug(t, process, skinnyphone.Options{DeviceName: bobsPhone, Token: true, Alarm: "Name=" + bobsPhone + " Last=Power-on"})
	talk(t, bob, alice, "2001")
	// Alice's phone is unplugged.
	alice.Close()
	quiet(t, bob)
	_, err := bob.Call(t.Context(), "2001")
	must(t, err)
	await(t, bob, func(s skinnyphone.Snapshot) bool { return len(s.Tones) > 0 && s.Tones[0].Tone != skinny.ToneInsideDial })
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob)
	alice = plug(t, process, skinnyphone.Options{DeviceName: alicesPhone, ProtocolVersion: 5})
	talk(t, bob, alice, "2001")
	must(t, bob.HangUp(t.Context()))
	quiet(t, alice, bob)
}
