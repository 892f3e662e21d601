// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"strings"
	"time"
)

// interDigit is how long a user may take between two digits of a number that
// could go on.
const interDigit = 4 * time.Second

func (m *Model) dialDigits(in DialDigits) {
	n, err := m.resolve(in.Connection, states(1<<Initiated), &plainNames, errNothingToGo)
	if err == nil {
		err = m.mayDial(n)
	}
	if err == nil && strings.Trim(in.Digits, ";") == "" {
		err = errNoDigits
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.reply(in.Request, n.id, nil)
	m.dial(n, in.Digits, CauseNormal)
}

// dial takes digits of a number, and calls it when it is complete: with # or
// when it means something. What a user dials on the trunk may go on for a
// moment, and what an application ends with ; as long as a prompt (ECMA-269
// 10.1.1). Pauses are no part of a number.
func (m *Model) dial(n *connection, digits string, cause Cause) {
	c := n.call
	digits, goesOn := strings.CutSuffix(digits, ";")
	number, end := strings.CutSuffix(c.dialled+strings.ReplaceAll(digits, ",", ""), "#")
	c.dialled = number
	to := m.lookUp(number)
	c.called = to.device
	m.report(DigitsDialed, &Event{Connection: n.id, Device: n.device(), Digits: digits}, c, cause)
	switch {
	case goesOn:
		m.startTimer(n, m.config.Prompt)
	case end, to.blocked, to.slot, to.line != nil, to.external != "" && cause == CauseNormal:
		m.originate(n)
	default:
		m.startTimer(n, interDigit)
	}
}

// generateDigits sends digits to the phones of the other parties.
func (m *Model) generateDigits(in GenerateDigits) {
	n, err := m.resolve(in.Connection, states(1<<Connected), &plainNames, errNothingActive)
	switch {
	case err != nil:
	case in.Digits == "":
		err = errNoDigits
	case strings.Trim(in.Digits, "0123456789*#ABCDabcd,") != "":
		err = errBadDigits
	default:
		err = m.maySendDigits(n)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	o := &pending{kind: sendingDigits, request: in.Request, first: n, digits: in.Digits}
	for _, other := range n.call.connections {
		if other != n && other.state == Connected && other.leg != nil {
			o.waits++
			other.leg.digits = append(other.leg.digits, o)
			m.do(SendDigits{Leg: other.leg.id, Digits: in.Digits, Tone: in.Tone, Pause: in.Pause})
		}
	}
	m.await(o)
}

func (m *Model) digitsSent(in DigitsSent) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	if len(l.digits) == 0 {
		m.ignored++
		return
	}
	o := l.digits[0]
	l.digits = l.digits[1:]
	if o.ended() {
		return
	}
	if o.waits--; o.waits > 0 {
		return
	}
	m.finish(o)
	m.reply(o.request, o.first.id, nil)
	m.digitsGenerated(o.first, o.digits)
}

func (m *Model) digitsGenerated(n *connection, digits string) {
	if n.seen() {
		m.report(DigitsGenerated, &Event{Connection: n.id, Device: n.device(), Digits: digits}, n.call, CauseNormal)
	}
}

// legDigits: a phone dials, or sends digits to the other parties.
func (m *Model) legDigits(in LegDigits) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	switch n := l.active(); {
	case m.mayDial(n) == nil:
		m.dial(n, in.Digits, CauseKeyOperation)
	case n.state == Connected:
		m.digitsGenerated(n, in.Digits)
	default:
		m.ignored++
	}
}

func (m *Model) sendUserInformation(in SendUserInformation) {
	n, err := m.resolve(in.Connection, anyState, &plainNames, errNothingToGo)
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.reply(in.Request, n.id, nil)
	m.event(CallInformation, n, "")
}
