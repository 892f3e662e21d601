// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/sipstack"
)

// Types of the two ways to send keys by INFO, both older than any standard: one
// key with its duration, and one key alone.
const (
	dtmfRelay = "application/dtmf-relay"
	dtmfPlain = "application/dtmf"
)

// Times of digits where the model names none.
const (
	defaultTone  = 100 * time.Millisecond
	defaultPause = 2 * time.Second
	digitGap     = 80 * time.Millisecond
	// digitsAtOnce is how many the mixer takes.
	digitsAtOnce = 64
)

// errDigitsRefused: the phone does not take digits by INFO.
var errDigitsRefused = callmodel.Error{
	Category: "operation", Value: "requestIncompatibleWithDevice", Detail: "the phone takes no digits",
}

// errNotUp: the leg has no phone that digits could be sent to.
var errNotUp = callmodel.Error{
	Category: "stateIncompatibility", Value: "noActiveCall", Detail: "the phone is in no call",
}

// info handles an INFO of the phone: DTMF keys most of all. They go to who hears
// the phone; what else there is goes to the far phone.
func (l *leg) info(tx *sipstack.ServerTx) {
	request := tx.Request()
	if len(request.Body()) == 0 {
		_ = tx.Respond(200, "") // a phone's keep-alive
		return
	}
	digit, tone, ok := pressedKey(sipstack.MediaType(request), request.Body())
	if !ok {
		l.passInfo(tx)
		return
	}
	l.driver.loop.Indicate(callmodel.LegDigits{Leg: l.id, Digits: string(digit)})
	if l.talksTo().up() {
		l.passInfo(tx)
		return
	}
	_ = tx.Respond(200, "")
	if l.withNeighbour() {
		l.driver.neighbour.Pressed(l.wanted.Leg, string(digit))
		return
	}
	l.press(digit, tone)
}

// press gives the other parties of a conference a key that came by INFO, which
// the mixer has not seen.
func (l *leg) press(digit byte, tone time.Duration) {
	if l.wanted.Kind != callmodel.InConference || l.wanted.ListenOnly {
		return
	}
	l.driver.pressInConference(l.wanted.Conference, digit, tone, l)
	if l.driver.neighbour != nil {
		l.driver.neighbour.PressedInConference(l.wanted.Conference, digit)
	}
}

// pressInConference gives the parties of a conference a key that the mixer has
// not seen, but for the one who pressed it.
func (d *Driver) pressInConference(conference callmodel.CallID, digit byte, tone time.Duration, by *leg) {
	for _, l := range d.legs {
		if l != by && l.mixerPort != nil && l.wanted.Kind == callmodel.InConference && l.wanted.Conference == conference {
			// A party whose queue is full does without.
			_ = l.mixerPort.port.SendDigits(mixer.Digits{Characters: string(digit), Tone: tone}, nil)
		}
	}
}

// pressedKey reads an INFO of either type.
func pressedKey(mediaType string, body []byte) (digit byte, tone time.Duration, ok bool) {
	signal := ""
	switch mediaType {
	case dtmfPlain:
		signal = strings.TrimSpace(string(body))
	case dtmfRelay:
		for line := range strings.Lines(string(body)) {
			name, value, _ := strings.Cut(line, "=")
			value = strings.TrimSpace(value)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "signal":
				signal = value
			case "duration":
				tone, _ = time.ParseDuration(value + "ms")
			}
		}
	default:
		return 0, 0, false
	}
	switch signal { // some write the event's number
	case "10":
		signal = "*"
	case "11":
		signal = "#"
	}
	if len(signal) != 1 || !strings.Contains("0123456789*#ABCDabcd", signal) {
		return 0, 0, false
	}
	return strings.ToUpper(signal)[0], min(max(tone, 40*time.Millisecond), 6*time.Second), true
}

// sendDigits sends digits to the leg's phone: in its media where they are the
// mixer's, else by INFO.
func (l *leg) sendDigits(c callmodel.SendDigits) {
	if c.Tone <= 0 {
		c.Tone = defaultTone
	}
	if c.Pause <= 0 {
		c.Pause = defaultPause
	}
	_, mixed := l.point.(mixerPoint)
	switch {
	case !l.up():
		l.commandFailed(callmodel.SendDigitsCommand, &errNotUp)
	case l.relay != nil && l.relay.served != [2]bool{true, true}:
		l.relayFor(c)
	case mixed:
		l.sendDigitsInMedia(c)
	case l.wantsDigitsInMedia():
		l.relayFor(c)
	default:
		l.dialling = append(l.dialling, &dialling{leg: l, command: c})
		if len(l.dialling) == 1 {
			l.dialling[0].next()
		}
	}
}

// sendDigitsInMedia has the mixer send digits, as many at a time as it takes.
func (l *leg) sendDigitsInMedia(c callmodel.SendDigits) {
	loop, port := l.driver.loop, l.mixerPort.port
	now, rest := c.Digits, ""
	if len(now) > digitsAtOnce {
		now, rest = now[:digitsAtOnce], now[digitsAtOnce:]
	}
	err := port.SendDigits(mixer.Digits{Characters: now, Tone: c.Tone, Pause: c.Pause}, func() {
		loop.Due(func() {
			switch {
			case l.state == legGone:
			case rest == "":
				loop.Indicate(callmodel.DigitsSent{Leg: l.id})
			default:
				c.Digits = rest
				l.sendDigits(c)
			}
		})
	})
	if err != nil {
		l.commandFailed(callmodel.SendDigitsCommand, digitsError(err))
	}
}

func digitsError(err error) *callmodel.Error {
	switch {
	case errors.Is(err, mixer.ErrTooManyDigits):
		return &callmodel.Error{Category: "systemResourceAvailibility", Value: "resourceLimitExceeded", Detail: err.Error()}
	case errors.Is(err, mixer.ErrBadDigits):
		return &callmodel.Error{Category: "operation", Value: "valueOutOfRange", Detail: err.Error()}
	}
	return &callmodel.Error{Category: lineside.ErrNoMixer.Category, Value: lineside.ErrNoMixer.Value, Detail: err.Error()}
}

// wantsDigitsInMedia tells whether digits are to be put into the media rather
// than sent by INFO: the far end refuses INFO, or is the trunk, beyond which
// nobody sees it.
func (l *leg) wantsDigitsInMedia() bool {
	if l.driver.mixer == nil || !l.with.up() {
		return false
	}
	return l.branch.refusesInfo || l.branch.trunk != nil
}

// dialling sends the digits of one command by INFO, one after the other.
type dialling struct {
	leg     *leg
	command callmodel.SendDigits
	at      int
	// unasked: the model did not ask for it, and is not told.
	unasked bool
}

func (d *dialling) next() {
	l := d.leg
	switch {
	case !l.up():
		return // LegEnded tells
	case d.at == len(d.command.Digits):
		d.end()
		if !d.unasked {
			l.driver.loop.Indicate(callmodel.DigitsSent{Leg: l.id})
		}
		return
	}
	digit := d.command.Digits[d.at]
	d.at++
	if digit == ',' {
		l.driver.loop.After(d.command.Pause, d.next)
		return
	}
	l.branch.send(sipstack.RequestSpec{
		Method: "INFO", ContentType: dtmfRelay, KeepOnTimeout: true,
		Body: fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", digit, d.command.Tone.Milliseconds()),
	}, func(r reply) {
		switch {
		case r.ok():
			l.driver.loop.After(d.command.Tone+digitGap, d.next)
		case r.code == 0: // LegEnded tells
		case d.unasked:
			d.end()
		case l.driver.mixer == nil:
			l.commandFailed(callmodel.SendDigitsCommand, &errDigitsRefused)
			d.end()
		default:
			l.branch.refusesInfo = true
			d.at--
			l.relayAll()
		}
	})
}

// end goes on with the next command, in a turn of its own.
func (d *dialling) end() {
	l := d.leg
	l.dialling = l.dialling[1:]
	if len(l.dialling) > 0 {
		l.driver.loop.Due(l.dialling[0].next)
	}
}

// relayAll puts what was to be sent by INFO into the media.
func (l *leg) relayAll() {
	left := l.dialling
	l.dialling = nil
	for _, d := range left {
		if d.unasked {
			continue
		}
		rest := d.command
		rest.Digits = rest.Digits[d.at:]
		l.relayFor(rest)
	}
}
