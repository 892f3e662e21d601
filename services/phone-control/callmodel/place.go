// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"slices"
	"time"
)

// destination is what a number means now: a park slot, a line, a number on the
// trunk, or nothing.
type destination struct {
	device   DeviceID
	slot     bool
	line     *line
	external string
	blocked  bool
}

func (d destination) none() bool { return !d.slot && d.line == nil && d.external == "" }

// lookUp tells what a number means.
func (m *Model) lookUp(number string) destination {
	if slices.Contains(m.config.ParkSlots, DeviceID(number)) {
		return destination{device: DeviceID(number), slot: true}
	}
	if m.config.Plan == nil {
		return destination{device: DeviceID(number), line: m.lines[DeviceID(number)]}
	}
	to := m.config.Plan.Resolve(number)
	switch {
	case to.Blocked:
		return destination{device: DeviceID(number), blocked: true}
	case to.Line != "":
		return destination{device: to.Line, line: m.lines[to.Line]}
	case to.External != "":
		shown := to.Shown
		if shown == "" {
			shown = DeviceID(to.External)
		}
		return destination{device: shown, external: to.External}
	default:
		return destination{device: DeviceID(number)}
	}
}

// place takes a call to a number: phones ring, or the call is forwarded, waits
// or fails. Why is the cause of Delivered.
func (m *Model) place(c *call, number string, as role, why Cause) {
	to := m.lookUp(number)
	switch {
	case to.blocked:
		m.unreachable(c, to.device, CauseBlocked)
	case to.slot:
		m.unpark(c, to.device)
	case to.none():
		m.unreachable(c, to.device, CauseNumberUnallocated)
	case c.of(to.device) != nil: // with this very call
		m.unreachable(c, to.device, CauseBusy)
	case to.line != nil:
		m.placeAt(c, to.line, as, why)
	case c.external() && !c.sentOn:
		m.unreachable(c, to.device, CauseBlocked) // the trunk is no way back to the trunk
	case m.config.Trunk == "":
		m.unreachable(c, to.device, CauseDestNotObtainable)
	case m.trunkFull():
		m.unreachable(c, to.device, CauseTrunksBusy)
	default:
		m.ring(c, to, as, why)
	}
}

func (m *Model) trunkFull() bool {
	return m.config.TrunkCalls > 0 && m.trunkLegs >= m.config.TrunkCalls
}

// placeAt takes a call to a line.
func (m *Model) placeAt(c *call, l *line, as role, why Cause) {
	switch {
	case l.Routeing:
		m.queueForRoute(c, l)
	case m.forwards(l, ForwardImmediate, c):
		m.offerAndForward(c, l, ForwardImmediate)
	case m.options.Features.DoNotDisturb(l.Number):
		if m.forwards(l, ForwardDoNotDisturb, c) {
			m.offerAndForward(c, l, ForwardDoNotDisturb)
			return
		}
		m.unreachable(c, l.Number, CauseDoNotDisturb)
	case !l.inService && l.AlwaysInService && len(l.connections) < l.MaxCalls:
		m.present(c, l, as, why)
	case !l.inService:
		if m.forwards(l, ForwardNoAnswer, c) { // nobody could
			m.forwardUnseen(c, l, ForwardNoAnswer)
			return
		}
		m.unreachable(c, l.Number, CauseDestOutOfOrder)
	case len(l.connections) >= l.MaxCalls:
		if m.forwards(l, ForwardBusy, c) {
			m.forwardUnseen(c, l, ForwardBusy)
			return
		}
		m.unreachable(c, l.Number, CauseBusy)
	default:
		m.ring(c, destination{device: l.Number, line: l}, as, why)
	}
}

// ring rings the phones of a line, or calls a number on the trunk.
func (m *Model) ring(c *call, to destination, as role, why Cause) {
	from := c.first()
	n := m.connect(c, to.device, to.line, Null, as)
	n.why = why
	if n.role == added {
		n.by = c.adding
	}
	l := m.newLeg(n, legRings)
	command := Ring{
		Leg: l.id, Connection: n.id, Shown: m.party(c), GlobalCallID: c.globalID,
		RedirectedBy: c.lastRedirection, RedirectedFor: why,
	}
	if from != nil && from.leg != nil && !c.established() {
		command.Caller = from.leg.id
	}
	wait := m.config.NoAnswer
	if to.line == nil {
		l.external = true
		m.trunkLegs++
		command.External = to.external
	} else {
		command.Line = to.device
		wait = m.ringTime(c, to.line, as, wait)
		if rings, on := m.options.Features.AutoAnswer(to.device); on && as == called {
			if rings <= 0 {
				command.AutoAnswer = true
			} else {
				m.start(&n.autoAnswer, time.Duration(rings)*m.config.RingDuration)
			}
		}
	}
	m.startTimer(n, wait)
	m.do(command)
}

// present lets a call wait at a line that has no phone, for an application to
// send it on or for somebody to pick it up.
func (m *Model) present(c *call, l *line, as role, why Cause) {
	n := m.connect(c, l.Number, l, Null, as)
	n.why = why
	if n.role == added {
		n.by = c.adding
	}
	m.startTimer(n, m.ringTime(c, l, as, m.config.NoAnswer))
	m.deliver(n)
}

// ringTime is how long a line rings: until it forwards or the caller has waited
// long enough.
func (m *Model) ringTime(c *call, l *line, as role, wait time.Duration) time.Duration {
	if as != called || !m.forwards(l, ForwardNoAnswer, c) {
		return wait
	}
	if rings, ok := m.options.Features.NoAnswerRings(l.Number, c.external()); ok && rings > 0 {
		return min(wait, time.Duration(rings)*m.config.RingDuration)
	}
	return wait
}

// party is the caller as phones show it.
func (m *Model) party(c *call) Party {
	party := Party{Number: c.calling, Restricted: c.restricted}
	if l, ok := m.lines[c.calling]; ok {
		party.Name = l.DisplayName
	}
	return party
}

// notAnswered ends the ringing of a phone that nobody picks up.
func (m *Model) notAnswered(n *connection) {
	if n.role == called && m.forwards(n.line, ForwardNoAnswer, n.call) {
		m.forward(n, ForwardNoAnswer)
		return
	}
	m.release(n, CauseCallNotAnswered)
	m.calledFailed(n, CauseCallNotAnswered, false)
}

func (m *Model) legRinging(in LegRinging) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	n := l.active()
	if l.state != legRings || n.state != Null || n.role == picker || n.role == joiner {
		m.ignored++
		return
	}
	m.deliver(n)
}

func (m *Model) deliver(n *connection) {
	m.become(n, Alerting)
	m.event(Delivered, n, n.why)
	m.routed(n)
}

func (m *Model) legProceeds(in LegProceeds) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	n := l.active()
	if l.state != legRings || !l.external {
		m.ignored++
		return
	}
	m.report(NetworkReached, &Event{Connection: n.id, Device: n.device(), Trunk: m.config.Trunk}, n.call, CauseNewCall)
}

func (m *Model) legAnswered(in LegAnswered) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	if l.state != legRings {
		m.ignored++
		return
	}
	l.state = legUp
	n := l.active()
	switch {
	case n.state == Initiated:
		m.pickedUp(n)
	case n.role == picker:
		m.pickUp(n)
	case n.role == joiner:
		m.stopTimers(n)
		m.addToConference(n, CauseJoinCall)
	default:
		m.answered(n)
	}
}

// answered makes a party of a connection that was rung.
func (m *Model) answered(n *connection) {
	if n.state == Null { // a phone that answers without ringing first
		m.deliver(n)
	}
	m.stopTimers(n)
	if n.pending != nil {
		m.complete(n.pending, CauseNormal)
	}
	if n.role == added {
		cause := CauseActiveParticipation
		if n.silent {
			cause = CauseSilentParticipation
		}
		m.addToConference(n, cause)
	} else {
		m.become(n, Connected)
		m.event(Established, n, CauseNewCall)
	}
	m.endPickups(n)
}

func (m *Model) legEnded(in LegEnded) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	m.forget(l)
	for n := l.active(); n != nil; n = l.active() {
		if l.rung(n) {
			m.calledFailed(n, in.Cause, in.Cause == CauseBusy)
			continue
		}
		m.leave(n, in.Cause, CauseNormalClearing)
	}
}

// rung tells whether a connection of a leg is one that was called and not
// answered.
func (l *leg) rung(n *connection) bool {
	return n.role != caller && (n.state == Null || n.state == Alerting)
}
