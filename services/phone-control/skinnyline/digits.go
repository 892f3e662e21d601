// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"maps"
	"slices"
	"strings"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
)

// Lengths of digits where the service names none (ECMA-269, Generate Digits).
const (
	defaultTone  = 100 * time.Millisecond
	defaultPause = 80 * time.Millisecond
	// comma is the pause that a comma stands for.
	comma = 2 * second
)

// sendDigits sounds digits at a phone.
func (d *Driver) sendDigits(c callmodel.SendDigits) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	for _, digit := range []byte(strings.ToUpper(strings.ReplaceAll(c.Digits, ",", ""))) {
		if _, known := skinny.DigitTone(digit); !known {
			d.loop.Indicate(callmodel.CommandFailed{Leg: c.Leg, Command: callmodel.SendDigitsCommand, Error: &errBadDigits})
			return
		}
	}
	tone, pause := c.Tone, c.Pause
	if tone == 0 {
		tone = defaultTone
	}
	if pause == 0 {
		pause = defaultPause
	}
	l.sound(c.Digits, tone, pause, func() { d.loop.Indicate(callmodel.DigitsSent{Leg: c.Leg}) })
}

// pressed passes a digit of the leg's user on to the other parties.
func (l *leg) pressed(digit byte) {
	d := l.driver
	switch l.wanted.Kind {
	case callmodel.WithLeg:
		if far := d.legs[l.wanted.Leg]; far != nil {
			far.sound(string(digit), defaultTone, defaultPause, nil)
		} else if d.neighbour != nil {
			d.neighbour.Pressed(l.wanted.Leg, string(digit))
		}
	case callmodel.InConference:
		if l.wanted.ListenOnly {
			return
		}
		d.soundInConference(l.wanted.Conference, digit, l)
		if d.neighbour != nil {
			d.neighbour.PressedInConference(l.wanted.Conference, digit)
		}
	case callmodel.OnHold, callmodel.HeldByOther, callmodel.Ringback:
	}
}

// soundInConference lets the users of a conference hear a digit, but for the one
// who pressed it.
func (d *Driver) soundInConference(conference callmodel.CallID, digit byte, by *leg) {
	for _, id := range slices.Sorted(maps.Keys(d.legs)) {
		l := d.legs[id]
		if l != by && l.wanted.Kind == callmodel.InConference && l.wanted.Conference == conference {
			l.sound(string(digit), defaultTone, defaultPause, nil)
		}
	}
}

// maxSounds is how many digits commands may wait at a leg.
const maxSounds = 32

// sounds are digits that the user of a phone is to hear.
type sounds struct {
	digits      string
	tone, pause time.Duration
	// done is told when the last was heard; nil: nobody.
	done func()
}

// sound plays digits to the user of the leg's phone, after those that wait.
// What is too much is not heard.
func (l *leg) sound(digits string, tone, pause time.Duration, done func()) {
	if len(l.sounds) >= maxSounds {
		if done != nil {
			done()
		}
		return
	}
	l.sounds = append(l.sounds, sounds{digits, tone, pause, done})
	if len(l.sounds) == 1 {
		l.soundNext()
	}
}

// soundNext plays the next digit.
func (l *leg) soundNext() {
	now := &l.sounds[0]
	if now.digits == "" || l.state != legUp || l.station == nil {
		done := now.done
		l.sounds = l.sounds[1:]
		if done != nil && l.state != legGone {
			done()
		}
		if len(l.sounds) > 0 {
			l.soundNext()
		}
		return
	}
	d, s, digit := l.driver, l.station, now.digits[0]
	now.digits = now.digits[1:]
	if digit == ',' {
		d.loop.After(comma, l.soundNext)
		return
	}
	id := skinny.Call{Line: s.instanceOf(l.line), Reference: l.reference()}
	if tone, ok := skinny.DigitTone(strings.ToUpper(string(digit))[0]); ok {
		s.send(&skinny.StartTone{Tone: tone, Direction: skinny.ToneToUser, Call: id})
	}
	pause := now.pause
	d.loop.After(now.tone, func() {
		s.send(&skinny.StopTone{Call: id}) // a call that has gone meanwhile must not sound on
		d.loop.After(pause, l.soundNext)
	})
}
