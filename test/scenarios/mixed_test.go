// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/sipstack"
)

// sipLine is the line that has a SIP phone among Skinny phones.
const sipLine = "1002"

// TestScenariosOnMixedPhones plays the stories with a SIP phone at 1002 and Skinny
// phones at all other lines.
func TestScenariosOnMixedPhones(t *testing.T) {
	others := notOnMixed()
	play(t, openMixed, func(path string) string {
		if filepath.Dir(path) != stories {
			return "it is of phones of another kind"
		}
		return others[filepath.Base(path)]
	})
}

// notOnMixed are the stories that can't be told so, and why.
func notOnMixed() map[string]string {
	others := notOnSkinny()
	maps.Copy(others, notOnSIPPhone())
	return others
}

// notOnSIPPhone are those of them that Skinny phones alone can play.
func notOnSIPPhone() map[string]string {
	return map[string]string{
		"generate_digits.txt": "the SIP phone has no keypad",
		"phone_lost.txt":      "the SIP phone ends its calls before it goes",
	}
}

// TestWhatMixedPhonesCannotPlay holds the list against the stories.
func TestWhatMixedPhonesCannotPlay(t *testing.T) { playOtherwise(t, openMixed, notOnSIPPhone()) }

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
	server    string
	sip       *softphone.Phone
	unplugSIP func() // nil: it is
	// refused counts re-INVITEs of the SIP phone.
	refused atomic.Int64
	// changed is sent to when something happened at the SIP phone.
	changed chan struct{}
}

func newMixedHands(t *testing.T, others *skinnyHands, process *allinonetest.Process) *mixedHands {
	t.Helper()
	h := &mixedHands{skinnyHands: others, server: process.Server("tcp"), changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.plugInSIP(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if h.unplugSIP != nil {
			h.unplugSIP()
		}
	})
	return h
}

// plugInSIP makes the SIP phone, and returns when it is registered.
func (h *mixedHands) plugInSIP(ctx context.Context) error {
	registered := make(chan struct{})
	register := sync.OnceFunc(func() { close(registered) })
	var err error
	h.sip, err = softphone.New(softphone.Settings{
		Number: sipLine, Password: sipPassword, Domain: domain, Registrar: h.server, Transport: "tcp",
		AutoAnswer: true, RemoteControl: true, Report: func(r softphone.Report) {
			switch r.Kind { //nolint:exhaustive // the others only wake who waits
			case softphone.Registered:
				register()
			case softphone.ChangeRefused:
				h.refused.Add(1)
			}
			select {
			case h.changed <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		return err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.sip.Run(life)
	}()
	h.unplugSIP = func() {
		cancel()
		<-ended
		h.unplugSIP = nil
	}
	select {
	case <-registered:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("register the SIP phone: %w", ctx.Err())
	}
}

func (h *mixedHands) act(ctx context.Context, action phonecontrolv1.Action, line, number string) error {
	if line != sipLine {
		return h.skinnyHands.act(ctx, action, line, number)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch action { //nolint:exhaustive // the others it can't do
	case phonecontrolv1.Action_ACTION_PLUG_IN:
		return h.plugInSIP(ctx)
	case phonecontrolv1.Action_ACTION_UNPLUG:
		h.unplugSIP()
		return nil
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
		return h.change(ctx, (*softphone.Call).Hold, softphone.Connected, softphone.Held)
	case phonecontrolv1.Action_ACTION_RETRIEVE:
		return h.change(ctx, (*softphone.Call).Resume, softphone.Held, softphone.Connected)
	}
	return errNoSuchAction
}

// change holds or retrieves a call, again where the server's own re-INVITE is in
// the way (491).
func (h *mixedHands) change(ctx context.Context, do func(*softphone.Call) error, from, to softphone.State) error {
	for {
		var changing *softphone.Call
		refused := h.refused.Load()
		err := h.at(ctx, func(call *softphone.Call) error { changing = call; return do(call) }, from)
		if _, glare := errors.AsType[*sipstack.GlareError](err); glare {
			if err := h.settle(ctx); err != nil { // its ACK is on the way
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		for changing.State() != to && h.refused.Load() == refused {
			select {
			case <-h.changed:
			case <-ctx.Done():
				return fmt.Errorf("the call does not get %s: %w", to, ctx.Err())
			}
		}
		if changing.State() == to {
			return nil
		}
	}
}

// at waits for a call in one of the states, and does something with it.
func (h *mixedHands) at(ctx context.Context, do func(*softphone.Call) error, states ...softphone.State) error {
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
