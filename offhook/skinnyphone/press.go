// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"errors"
	"fmt"
	"strings"

	"offhook.dev/services/skinny"
)

// Errors of what the user does.
var (
	ErrNoSuchButton = errors.New("phone has no such button")
	ErrNoSuchDigit  = errors.New("keypad has no such key")
)

// OnDisplay is the call whose soft keys the phone shows: the latest that is up
// or being made, else the first that rings, else the latest on hold. False:
// none, the phone is idle.
func (s Snapshot) OnDisplay() (Call, bool) {
	best, rank := Call{}, 0
	for _, call := range s.Calls {
		var now int
		switch call.State {
		case skinny.StateRemoteMultiline, skinny.StatePark:
			continue
		case skinny.StateHold:
			now = 1
		case skinny.StateRingIn, skinny.StateCallWaiting:
			now = 2
		default:
			now = 3
		}
		if now > rank || now == rank && now != 2 {
			best, rank = call, now
		}
	}
	return best, rank > 0
}

// keysFor gives the soft keys that are shown with a call, and the call. The
// zero call is what is on the display; with a line only, that line's keys
// without a call.
func (s *screen) keysFor(snapshot *Snapshot, call skinny.Call) ([]SoftKey, skinny.Call, error) {
	if call == (skinny.Call{}) {
		if shown, ok := snapshot.OnDisplay(); ok {
			return shown.Keys, shown.Call, nil
		}
		call.Line = s.activeLine
	}
	if call.Reference == 0 {
		return s.idleKeys(call.Line), call, nil
	}
	shown, ok := snapshot.Call(call)
	if !ok {
		return nil, call, fmt.Errorf("%w: %d/%d", ErrNoSuchCall, call.Line, call.Reference)
	}
	return shown.Keys, call, nil
}

// PressSoftKey presses a soft key that the phone shows with a call; the zero
// call is what is on the display. A call with a line but no reference means the
// line's keys without a call. Errors: ErrKeyNotOffered, ErrKeyMasked,
// ErrNoSuchCall, ErrNotConnected.
func (p *Phone) PressSoftKey(key skinny.SoftKey, call skinny.Call) error {
	p.mutex.Lock()
	snapshot := p.snapshot()
	keys, call, err := p.screen.keysFor(&snapshot, call)
	p.mutex.Unlock()
	if err == nil {
		err = offered(keys, key)
	}
	if err != nil {
		return fmt.Errorf("press soft key: %w", err)
	}
	return p.send(&skinny.SoftKeyEvent{Key: key, Call: call})
}

// PressNamed is PressSoftKey by label, case aside.
func (p *Phone) PressNamed(label string, call skinny.Call) error {
	p.mutex.Lock()
	snapshot := p.snapshot()
	keys, _, err := p.screen.keysFor(&snapshot, call)
	p.mutex.Unlock()
	if err != nil {
		return fmt.Errorf("press soft key: %w", err)
	}
	key, ok := KeyNamed(keys, label)
	if !ok {
		return fmt.Errorf("press soft key: %w: %q is not in %s", ErrKeyNotOffered, label, labels(keys))
	}
	return p.PressSoftKey(key, call)
}

func labels(keys []SoftKey) string {
	var shown []string
	for _, key := range keys {
		if !key.Masked {
			shown = append(shown, key.Label)
		}
	}
	return "[" + strings.Join(shown, " ") + "]"
}

// PressKeypad types digits (0 to 9, *, #), at most 64, in a call; the zero call
// is what is on the display. Where the call's media have telephone-events, the
// digits go there too, as from desk phones.
func (p *Phone) PressKeypad(digits string, call skinny.Call) error {
	if len(digits) > maxKeypad {
		return fmt.Errorf("press keypad: %w: more than %d", ErrNoSuchDigit, maxKeypad)
	}
	snapshot := p.Snapshot()
	if call == (skinny.Call{}) {
		if shown, ok := snapshot.OnDisplay(); ok {
			call = shown.Call
		}
	}
	var messages []skinny.Message
	for i := range len(digits) {
		key, ok := skinny.KeyOf(digits[i])
		if !ok || strings.IndexByte("ABCD+", digits[i]) >= 0 {
			return fmt.Errorf("press keypad: %w: %q", ErrNoSuchDigit, digits[i])
		}
		messages = append(messages, &skinny.KeypadButton{Key: key, Call: p.told(call)})
	}
	if len(messages) == 0 {
		return nil
	}
	p.mutex.Lock()
	if s := p.media.streams[call.Reference]; s != nil && s.rtp != nil && s.send != nil && call.Reference != 0 {
		for i := range len(digits) {
			s.rtp.Press(digits[i])
		}
	}
	p.mutex.Unlock()
	return p.send(messages...)
}

// told is how the phone names a call in what keys send.
func (p *Phone) told(call skinny.Call) skinny.Call {
	if p.options.Terse {
		return skinny.Call{}
	}
	return call
}

// EnblocDial dials a number at once on a line, as from the phone's lists; line
// 0 leaves it to the server.
func (p *Phone) EnblocDial(number string, line uint32) error {
	return p.send(&skinny.EnblocCall{Number: number, Line: line})
}

// OffHook lifts the handset. The zero call answers, or dials on the server's
// choice of line.
func (p *Phone) OffHook(call skinny.Call) error { return p.send(&skinny.OffHook{Call: p.told(call)}) }

// OnHook puts the handset down, or switches the speaker off: phones say so when
// nothing of both is on any more.
func (p *Phone) OnHook(call skinny.Call) error {
	p.change(func(s *screen) { s.speaker = false })
	return p.send(&skinny.OnHook{Call: p.told(call)})
}

// HookFlash presses the hook for a moment.
func (p *Phone) HookFlash(call skinny.Call) error {
	return p.send(&skinny.HookFlash{Call: p.told(call)})
}

// PressButton presses a fixed key, or a button of the template by its kind and
// instance. The error is ErrNoSuchButton where the phone was given no such one.
func (p *Phone) PressButton(stimulus skinny.Stimulus, instance uint32) error {
	snapshot := p.Snapshot()
	switch stimulus {
	case skinny.StimulusLine, skinny.StimulusSpeedDial, skinny.StimulusBLFSpeedDial, skinny.StimulusFeature, skinny.StimulusServiceURL:
		if _, ok := snapshot.ButtonOf(stimulus, instance); !ok {
			return fmt.Errorf("press button: %w: %#x/%d", ErrNoSuchButton, uint32(stimulus), instance)
		}
	default:
	}
	message := &skinny.ButtonPressed{Stimulus: stimulus, Instance: instance}
	if shown, ok := snapshot.OnDisplay(); ok && !p.options.Terse {
		message.Reference = shown.Reference
		if instance == 0 {
			message.Instance = shown.Line
		}
	}
	return p.send(message)
}

// PressLine presses the button of a line.
func (p *Phone) PressLine(line uint32) error { return p.PressButton(skinny.StimulusLine, line) }

// PressPosition presses the button at a position of the phone, from 1.
func (p *Phone) PressPosition(position int) error {
	for _, button := range p.Snapshot().Buttons {
		if button.Position == position {
			return p.PressButton(button.Kind, button.Instance)
		}
	}
	return fmt.Errorf("press button: %w: position %d", ErrNoSuchButton, position)
}
