// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offhook.dev/services/skinny"
)

// keyPatience is how long a user waits for a soft key to appear: it comes in
// another message than the state that it belongs to.
const keyPatience = 2 * time.Second

// Press presses a soft key as PressSoftKey does, and waits up to 2 s for it to
// be offered.
func (p *Phone) Press(ctx context.Context, key skinny.SoftKey, call skinny.Call) error {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	for {
		p.mutex.Lock()
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mutex.Unlock()
		err := p.PressSoftKey(key, call)
		if !errors.Is(err, ErrKeyNotOffered) && !errors.Is(err, ErrKeyMasked) {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return err
		}
	}
}

// hasSoftKeys tells whether the server gave the phone soft keys at all; phones
// of old have a hook and fixed keys only.
func (p *Phone) hasSoftKeys() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.screen.keys.template) > 0
}

// Call calls a number: NewCall, and the digits when the phone is off hook. It
// returns when they are typed.
func (p *Phone) Call(ctx context.Context, number string) (skinny.Call, error) {
	return p.callBy(ctx, number, func() error {
		if p.hasSoftKeys() {
			return p.Press(ctx, skinny.KeyNewCall, skinny.Call{})
		}
		return p.OffHook(skinny.Call{})
	})
}

// CallOn calls a number with the button of a line.
func (p *Phone) CallOn(ctx context.Context, line uint32, number string) (skinny.Call, error) {
	return p.callBy(ctx, number, func() error { return p.PressLine(line) })
}

// callBy begins a call somehow and types the number.
func (p *Phone) callBy(ctx context.Context, number string, begin func() error) (skinny.Call, error) {
	before := make(map[skinny.Call]bool)
	for _, call := range p.Snapshot().Calls {
		before[call.Call] = true
	}
	if err := begin(); err != nil {
		return skinny.Call{}, fmt.Errorf("call %s: %w", number, err)
	}
	// Transfer is the state in which some servers have the second call begin.
	begun := func(c Call) bool {
		return !before[c.Call] && (c.State == skinny.StateOffHook || c.State == skinny.StateTransfer)
	}
	snapshot, err := p.Await(ctx, func(s Snapshot) bool { _, ok := s.CallWhere(begun); return ok })
	if err != nil {
		return skinny.Call{}, fmt.Errorf("call %s: %w", number, err)
	}
	call, _ := snapshot.CallWhere(begun)
	if err := p.PressKeypad(number, call.Call); err != nil {
		return call.Call, fmt.Errorf("call %s: %w", number, err)
	}
	return call.Call, nil
}

// act presses a key of the oldest call in one of the states.
func (p *Phone) act(ctx context.Context, key skinny.SoftKey, fixed func(Call) error, states ...skinny.State) error {
	call, ok := p.Snapshot().CallIn(states...)
	if !ok {
		return ErrNoSuchCall
	}
	if !p.hasSoftKeys() {
		return fixed(call)
	}
	return p.Press(ctx, key, call.Call)
}

// Settle asks the server for the time and waits for the answer: it has taken all
// that the phone said before.
func (p *Phone) Settle(ctx context.Context) error {
	before := p.Snapshot().Clocks
	if err := p.send(&skinny.TimeDateReq{}); err != nil {
		return err
	}
	_, err := p.Await(ctx, func(s Snapshot) bool { return s.Clocks > before })
	return err
}

// Answer answers the oldest call that rings.
func (p *Phone) Answer(ctx context.Context) error {
	return p.act(ctx, skinny.KeyAnswer, func(c Call) error { return p.OffHook(c.Call) }, skinny.StateRingIn, skinny.StateCallWaiting)
}

// Hold puts the oldest connected call on hold.
func (p *Phone) Hold(ctx context.Context) error {
	return p.act(ctx, skinny.KeyHold, func(Call) error { return p.PressButton(skinny.StimulusHold, 0) }, skinny.StateConnected)
}

// Resume takes the oldest held call back.
func (p *Phone) Resume(ctx context.Context) error {
	return p.act(ctx, skinny.KeyResume, func(c Call) error { return p.PressLine(c.Line) }, skinny.StateHold)
}

// HangUp ends the call on the display.
func (p *Phone) HangUp(ctx context.Context) error {
	shown, ok := p.Snapshot().OnDisplay()
	if !ok {
		return ErrNoSuchCall
	}
	if !p.hasSoftKeys() {
		return p.OnHook(shown.Call)
	}
	return p.Press(ctx, skinny.KeyEndCall, shown.Call)
}

// Consult presses Transfer or Conference in the oldest connected call and calls
// a number. It returns when the digits are typed, with the new call; the same
// key in that one completes it.
func (p *Phone) Consult(ctx context.Context, key skinny.SoftKey, number string) (skinny.Call, error) {
	return p.callBy(ctx, number, func() error {
		return p.act(ctx, key, func(Call) error {
			if key == skinny.KeyConference {
				return p.PressButton(skinny.StimulusConference, 0)
			}
			return p.PressButton(skinny.StimulusTransfer, 0)
		}, skinny.StateConnected)
	})
}

// Complete presses Transfer or Conference in a consultation call once the other
// party rings or talks.
func (p *Phone) Complete(ctx context.Context, key skinny.SoftKey, consultation skinny.Call) error {
	_, err := p.Await(ctx, func(s Snapshot) bool {
		call, ok := s.Call(consultation)
		return !ok || call.State == skinny.StateRingOut || call.State == skinny.StateConnected
	})
	if err != nil {
		return err
	}
	if !p.hasSoftKeys() {
		return p.PressButton(skinny.StimulusTransfer, 0)
	}
	return p.Press(ctx, key, consultation)
}

// Transfer transfers the oldest connected call to a number, as soon as it rings
// there.
func (p *Phone) Transfer(ctx context.Context, number string) error {
	consultation, err := p.Consult(ctx, skinny.KeyTransfer, number)
	if err != nil {
		return err
	}
	return p.Complete(ctx, skinny.KeyTransfer, consultation)
}
