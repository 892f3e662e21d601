// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

var monkeys = flag.Int("monkeys", 3, "how many sequences of random keys TestServedMonkey presses")

// A child plays with the phones: whatever keys it presses, phones are told
// nothing that they could not obey, and when all is hung up nothing is left.
func TestServedMonkey(t *testing.T) {
	process := floor(t)
	sipPhone(t, process, "2003")
	for seed := range uint64(*monkeys) {
		random := rand.New(rand.NewPCG(seed, 1))
		var phones []*skinnyphone.Phone
		for _, name := range []string{alicesPhone, bobsPhone, guestsPhone} {
			version := []skinny.Version{3, 5, 8, 11, 16, 17, 18, 21, 22}[random.IntN(9)]
			phones = append(phones, plug(t, process, skinnyphone.Options{DeviceName: name, ProtocolVersion: version, Media: skinnyphone.MediaSilent}))
		}
		var played []string
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("child %d played:\n%s", seed, strings.Join(played, "\n"))
			}
		})
		for range 60 {
			phone := phones[random.IntN(len(phones))]
			played = append(played, phone.DeviceName()[12:]+" "+play(t, phone, random))
			// Now and then the child looks what has happened.
			if random.IntN(3) == 0 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(20))*time.Millisecond)
				_, _ = phone.Await(ctx, func(skinnyphone.Snapshot) bool { return false })
				cancel()
			}
		}
		tidy(t, phones)
		for _, phone := range phones {
			if faults := phone.Snapshot().Faults; len(faults) > 0 {
				t.Errorf("%s found faults:\n%s", phone.DeviceName(), strings.Join(faults, "\n"))
			}
			phone.Close()
		}
		if t.Failed() {
			return
		}
		played = []string{"nothing that failed"}
	}
}

// play presses one key.
func play(t *testing.T, phone *skinnyphone.Phone, random *rand.Rand) string {
	t.Helper()
	snapshot := phone.Snapshot()
	var calls []skinnyphone.Call
	calls = append(calls, skinnyphone.Call{Keys: snapshot.IdleKeys})
	calls = append(calls, snapshot.Calls...)
	call := calls[random.IntN(len(calls))]
	did, err := "", error(nil)
	if ringing, rings := snapshot.CallIn(skinny.StateRingIn); rings && random.IntN(2) == 0 {
		_ = phone.PressSoftKey(skinny.KeyAnswer, ringing.Call)
		return "answers"
	}
	switch random.IntN(14) {
	case 10, 11, 12:
		number := []string{"2001", "2002", "2003", "2009", "2010"}[random.IntN(5)]
		did, err = "dials "+number, phone.EnblocDial(number, uint32(random.IntN(3)))
	case 0:
		did, err = "off hook", phone.OffHook(call.Call)
	case 1:
		did, err = "on hook", phone.OnHook(call.Call)
	case 2:
		position := 1 + random.IntN(6)
		did, err = fmt.Sprintf("button %d", position), nil
		_ = phone.PressPosition(position)
	case 3, 4:
		digits := []string{"2001", "2002", "2009", "2010", "2701", "2777", "5", "*", "2001#"}[random.IntN(9)]
		did, err = "keypad "+digits, phone.PressKeypad(digits, call.Call)
	case 5:
		stimulus := []skinny.Stimulus{skinny.StimulusHold, skinny.StimulusTransfer, skinny.StimulusConference, skinny.StimulusRedial, skinny.StimulusMessages}[random.IntN(5)]
		did, err = fmt.Sprintf("stimulus %#x", uint32(stimulus)), phone.PressButton(stimulus, 0)
	default:
		if len(call.Keys) > 0 {
			key := call.Keys[random.IntN(len(call.Keys))]
			did = fmt.Sprintf("soft key %s in %d/%d %s", key.Label, call.Line, call.Reference, call.State)
			_ = phone.PressSoftKey(key.Key, call.Call) // which may have gone meanwhile
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", did, err)
	}
	return did
}

// tidy hangs up all that the phones have, sets their features back, and waits
// until they are idle. What the child did last may still come.
func tidy(t *testing.T, phones []*skinnyphone.Phone) {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		var left error
		for _, phone := range phones {
			hangUpAll(phone)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := phone.Await(ctx, idle); err != nil {
				left = err
			}
			cancel()
		}
		if left == nil {
			return
		}
		if time.Now().After(limit) {
			t.Fatal(left)
		}
	}
}

// own tells whether a call is the phone's, and not of another one at the shared
// line.
func own(call skinnyphone.Call) bool {
	return call.State != skinny.StateRemoteMultiline && call.KeySet != skinny.KeysOnHookStealable
}

func hangUpAll(phone *skinnyphone.Phone) {
	snapshot := phone.Snapshot()
	for _, call := range snapshot.Calls {
		if own(call) {
			_ = phone.PressSoftKey(skinny.KeyEndCall, call.Call)
		}
	}
	for _, line := range snapshot.Buttons {
		if line.Forward.All != "" {
			_ = phone.PressSoftKey(skinny.KeyForwardAll, skinny.Call{Line: line.Instance})
		}
	}
	if snapshot.Prompt == "Do Not Disturb" {
		_ = phone.PressNamed("DND", skinny.Call{})
	}
}

// idle tells whether nothing goes on at a phone.
func idle(s skinnyphone.Snapshot) bool {
	_, busy := s.CallWhere(own)
	for _, line := range s.Buttons {
		busy = busy || line.Forward.All != ""
	}
	return !busy && !s.Speaker && s.Ringer == skinny.RingOff && len(s.Tones) == 0 && len(s.Streams) == 0
}
