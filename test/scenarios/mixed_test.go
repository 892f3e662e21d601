// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// sipLine is the line that has a SIP phone among Skinny phones.
const sipLine = "1002"

// TestScenariosOnMixedPhones plays the chief stories with a SIP phone at 1002 and
// Skinny phones at all other lines.
func TestScenariosOnMixedPhones(t *testing.T) {
	chief := []string{
		"make_call.txt", "answer_call.txt", "clear_call.txt", "hold_both.txt", "consultation.txt", "transfer.txt", "transfer_by_caller.txt",
		"conference.txt", "conference_single_step.txt", "single_step_transfer.txt", "deflect.txt", "pickup.txt", "park.txt", "dialled_by_hand.txt",
	}
	play(t, openMixed, func(path string) string {
		if filepath.Dir(path) != stories || !slices.Contains(chief, filepath.Base(path)) {
			return "it is none of the chief ones"
		}
		return ""
	})
}

// openMixed begins with an office of Skinny phones and a SIP phone.
func openMixed(t *testing.T) *office {
	t.Helper()
	options := officeOptions(t)
	options.Skinny = "127.0.0.1:0"
	withSkinnyPhones(t, options.Manifests)
	withSIPPhone(t, options.Manifests)
	process := allinonetest.Start(t, options)
	phones := newSkinnyHands(t, process, sipLine)
	return opened(t, &office{
		server: process.Server("tcp"), folder: options.Manifests, phones: newMixedHands(t, phones, process), patient: true,
	})
}

// withSIPPhone gives a line a SIP phone for its Skinny one.
func withSIPPhone(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "office.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for old, replaced := range map[string]string{
		"skinny: {mac: " + deviceName(sipLine) + "}":                        "sip: {passwordSecretRef: {name: phone}}",
		"type: skinny, skinny: {noAnswerTimeout: 60s, promptTimeout: 30s, ": "type: sipLine, sipLine: {noAnswerTimeout: 60s, promptTimeout: 30s}, skinny: {",
	} {
		if !strings.Contains(changed, old) {
			t.Fatalf("the manifest has no %q", old)
		}
		changed = strings.Replace(changed, old, replaced, 1)
	}
	changed += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: phone}\nstringData: {password: " + sipPassword + "}\n"
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

const sipPassword = "phone-password"

// mixedHands are at Skinny phones but for one.
type mixedHands struct {
	*skinnyHands
	sip *softphone.Phone
	// changed is sent to when something happened at the SIP phone.
	changed chan struct{}
}

func newMixedHands(t *testing.T, others *skinnyHands, process *allinonetest.Process) *mixedHands {
	t.Helper()
	h := &mixedHands{skinnyHands: others, changed: make(chan struct{}, 1)}
	registered := make(chan struct{})
	var once sync.Once
	var err error
	h.sip, err = softphone.New(softphone.Settings{
		Number: sipLine, Password: sipPassword, Domain: domain, Registrar: process.Server("tcp"), Transport: "tcp",
		AutoAnswer: true, RemoteControl: true, Report: func(r softphone.Report) {
			if r.Kind == softphone.Registered {
				once.Do(func() { close(registered) })
			}
			select {
			case h.changed <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.sip.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-registered:
	case <-time.After(patience):
		t.Fatal("the SIP phone does not register")
	}
	return h
}

func (h *mixedHands) act(ctx context.Context, action phonecontrolv1.Action, line, number string) error {
	if line != sipLine {
		return h.skinnyHands.act(ctx, action, line, number)
	}
	switch action { //nolint:exhaustive // the others are in no chief story
	case phonecontrolv1.Action_ACTION_DIAL:
		_, err := h.sip.Dial(number)
		return err
	case phonecontrolv1.Action_ACTION_PICK_UP:
		return h.at(ctx, (*softphone.Call).Answer, softphone.Ringing)
	case phonecontrolv1.Action_ACTION_DECLINE:
		return h.at(ctx, (*softphone.Call).Hangup, softphone.Ringing)
	case phonecontrolv1.Action_ACTION_HANG_UP:
		return h.at(ctx, (*softphone.Call).Hangup, softphone.Connected, softphone.Dialing, softphone.Held)
	case phonecontrolv1.Action_ACTION_HOLD:
		return h.at(ctx, (*softphone.Call).Hold, softphone.Connected)
	case phonecontrolv1.Action_ACTION_RETRIEVE:
		return h.at(ctx, (*softphone.Call).Resume, softphone.Held)
	}
	return errNoSuchAction
}

// at waits for a call in one of the states, and does something with it.
func (h *mixedHands) at(ctx context.Context, do func(*softphone.Call) error, states ...softphone.State) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for _, state := range states {
			for _, call := range h.sip.Calls() {
				if call.State() == state {
					return do(call)
				}
			}
		}
		select {
		case <-h.changed:
		case <-ctx.Done():
			return fmt.Errorf("no call is %v: %w", states, ctx.Err())
		}
	}
}
