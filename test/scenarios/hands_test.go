// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/skinnyphone"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/skinny"
)

// hands do at the phones what their users do.
type hands interface {
	act(ctx context.Context, action phonecontrolv1.Action, phone, number string) error
	// press presses keys one after the other: soft keys by their labels, or digits.
	press(ctx context.Context, phone string, keys ...string) error
	// settle waits until the server has taken what the phones said.
	settle(ctx context.Context) error
}

// simulatedHands are at simulated phones, which do everything at once.
type simulatedHands struct {
	phones phonecontrolv1.SimulatedPhoneServiceClient
}

func newSimulatedHands(t *testing.T, process string) simulatedHands {
	t.Helper()
	connection, err := grpc.NewClient(process, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return simulatedHands{phonecontrolv1.NewSimulatedPhoneServiceClient(connection)}
}

func (h simulatedHands) act(ctx context.Context, action phonecontrolv1.Action, phone, number string) error {
	_, err := h.phones.Act(ctx, &phonecontrolv1.ActRequest{Target: target, Phone: phone, Action: action, Number: number})
	return err
}

func (simulatedHands) press(_ context.Context, phone string, _ ...string) error {
	return fmt.Errorf("%s: %w", phone, errNoSuchAction)
}

func (simulatedHands) settle(context.Context) error { return nil }

// skinnyHands press the keys of software Skinny phones, one for each line.
type skinnyHands struct {
	server string
	phones map[string]*skinnyphone.Phone
	// received counts the messages that all phones got.
	received atomic.Int64
}

// newSkinnyHands plugs in the phones of all lines but those of others.
func newSkinnyHands(t *testing.T, process *allinonetest.Process, others ...string) *skinnyHands {
	t.Helper()
	h := &skinnyHands{server: process.SkinnyAddress().String(), phones: make(map[string]*skinnyphone.Phone)}
	t.Cleanup(func() {
		for _, phone := range h.phones {
			phone.Close()
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, line := range lines() {
		if slices.Contains(others, line) {
			continue
		}
		if err := h.plugIn(ctx, line); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// lines have a phone each.
func lines() []string { return []string{"1001", "1002", "1003", "1004", "1005", "1006", fence} }

// deviceName of the phone of a line.
func deviceName(line string) string { return "SEP00000000" + line }

func (h *skinnyHands) plugIn(ctx context.Context, line string) error {
	phone, err := skinnyphone.Dial(ctx, skinnyphone.Options{
		Server: h.server, DeviceName: deviceName(line), Media: skinnyphone.MediaSilent,
		Tap: func(sent bool, _ []byte) {
			if !sent {
				h.received.Add(1)
			}
		},
	})
	if err != nil {
		return err
	}
	h.phones[line] = phone
	return phone.Settle(ctx)
}

// errNoSuchAction: such phones have no key for it.
var errNoSuchAction = errors.New("the phone has no key for that")

func (h *skinnyHands) act(ctx context.Context, action phonecontrolv1.Action, line, number string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	phone := h.phones[line]
	if phone == nil {
		if action == phonecontrolv1.Action_ACTION_PLUG_IN {
			return h.plugIn(ctx, line)
		}
		return fmt.Errorf("%s: %w", line, errNoSuchAction)
	}
	if err := h.settle(ctx); err != nil {
		return err
	}
	err := error(nil)
	switch action {
	case phonecontrolv1.Action_ACTION_DIAL:
		err = phone.EnblocDial(number, 1)
	case phonecontrolv1.Action_ACTION_PICK_UP:
		err = phone.Answer(ctx)
	case phonecontrolv1.Action_ACTION_DECLINE:
		err = h.end(ctx, phone, skinny.StateRingIn)
	case phonecontrolv1.Action_ACTION_HANG_UP:
		err = h.end(ctx, phone, skinny.StateConnected, skinny.StateRingOut, skinny.StateBusy, skinny.StateProceed,
			skinny.StateCongestion, skinny.StateInvalidNumber, skinny.StateOffHook, skinny.StateHold, skinny.StateRingIn)
	case phonecontrolv1.Action_ACTION_HOLD:
		err = phone.Hold(ctx)
	case phonecontrolv1.Action_ACTION_RETRIEVE:
		err = phone.Resume(ctx)
	case phonecontrolv1.Action_ACTION_DIGITS:
		err = phone.PressKeypad(number, skinny.Call{})
	case phonecontrolv1.Action_ACTION_UNPLUG:
		phone.Close()
		delete(h.phones, line)
	default:
		err = errNoSuchAction
	}
	return err
}

func (h *skinnyHands) press(ctx context.Context, line string, keys ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	phone := h.phones[line]
	if phone == nil {
		return fmt.Errorf("%s: %w", line, errNoSuchAction)
	}
	for _, key := range keys {
		if err := h.settle(ctx); err != nil {
			return err
		}
		var err error
		if strings.Trim(key, "0123456789*#") == "" {
			err = phone.PressKeypad(key, skinny.Call{})
		} else {
			err = phone.PressNamed(key, skinny.Call{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// end presses EndCall of the first call in the first of the states.
func (h *skinnyHands) end(ctx context.Context, phone *skinnyphone.Phone, states ...skinny.State) error {
	shown := phone.Snapshot()
	for _, state := range states {
		if call, ok := shown.CallIn(state); ok {
			return phone.Press(ctx, skinny.KeyEndCall, call.Call)
		}
	}
	return skinnyphone.ErrNoSuchCall
}

// settle has every phone ask, again and again, until twice none of them got
// anything but the answer: what the server sends a phone it sends before the
// answer, and what the phone says to that it says before it asks again.
func (h *skinnyHands) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for quiet := 0; quiet < 2; quiet++ {
		before := h.received.Load()
		for _, phone := range h.phones {
			if err := phone.Settle(ctx); err != nil {
				return err
			}
		}
		if h.received.Load() != before+int64(len(h.phones)) {
			quiet = -1
		}
	}
	return nil
}

// withSkinnyPhones gives the lines of the office Skinny phones.
func withSkinnyPhones(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "office.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	const simulated = "driver: {type: simulated, simulated: {autoAnswer: false, noAnswerTimeout: 60s, promptTimeout: 30s}}"
	if !strings.Contains(changed, simulated) {
		t.Fatalf("manifests/office.yaml has no %q", simulated)
	}
	changed = strings.Replace(changed, simulated, "driver: {type: skinny, skinny: {noAnswerTimeout: 60s, promptTimeout: 30s, voicemail: \"1006\"}}", 1)
	for _, line := range lines() {
		number := "  number: \"" + line + "\"\n"
		if !strings.Contains(changed, number) {
			t.Fatalf("manifests/office.yaml has no line %s", line)
		}
		changed = strings.Replace(changed, number, number+"  devices: [{name: desk, skinny: {mac: "+deviceName(line)+"}}]\n", 1)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}
