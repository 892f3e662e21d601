// SPDX-License-Identifier: Apache-2.0

package callmodel

// maxCallBacks is how many a line may wait for.
const maxCallBacks = 8

// callBack is a line's wish to call another one when that is free.
type callBack struct {
	originating, target DeviceID
	// unanswered: the target was free, but nobody was there; it must be used
	// first. used: it was.
	unanswered, used bool
	timer            timer
}

// mayCallBack gives the line that did not answer, or was busy.
func (m *Model) mayCallBack(n *connection) (*line, *Error) {
	c := n.call
	if n.state != Connected || n.role != caller || n.line == nil {
		return nil, errState
	}
	device := c.failedAt
	if c.failed == "" {
		far := n.far()
		if far == nil || far.state != Alerting {
			return nil, errState
		}
		device = far.device()
	}
	target, known := m.lines[device]
	switch {
	case !known, target.Routeing, target == n.line:
		return nil, errNotALine
	case m.callBackOf(n.device(), device) != nil:
		return nil, errAlreadySet
	case m.callBacksOf(n.device()) >= maxCallBacks:
		return nil, errCallBacks
	}
	return target, nil
}

func (m *Model) setCallBack(in CallBack) {
	id := in.Connection
	if c := m.calls[id.Call]; c != nil && id.Device != "" && c.first() != nil {
		n := c.of(id.Device)
		if n != nil && n.state == Alerting || n == nil && c.failedAt == id.Device {
			id = c.first().id // who does not answer, or is busy, was named
		}
	}
	n, err := m.resolve(id, states(1<<Connected), &plainNames, errNothingToGo)
	var target *line
	if err == nil {
		target, err = m.mayCallBack(n)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.do(Reply{Request: in.Request, Connection: n.id, ID: string(target.Number)})
	m.addCallBack(n.device(), target.Number, n.call.failed == "")
}

func (m *Model) setCallBackNonCallRelated(in CallBackNonCallRelated) {
	target, known := m.lines[in.Target]
	err := errNoLine
	switch {
	case m.lines[in.Originating] == nil:
		err = errCalling
	case !known:
	case target.Routeing || in.Target == in.Originating:
		err = errDestination
	case m.callBackOf(in.Originating, in.Target) != nil:
		err = errAlreadySet
	case m.callBacksOf(in.Originating) >= maxCallBacks:
		err = errCallBacks
	default:
		err = nil
	}
	if err != nil {
		m.reply(in.Request, ConnectionID{}, err)
		return
	}
	m.do(Reply{Request: in.Request, ID: string(in.Target)})
	m.addCallBack(in.Originating, in.Target, false)
}

func (m *Model) cancelCallBack(in CancelCallBack) {
	var cancelled []*callBack
	for _, b := range m.callBacks {
		if b.originating == in.Originating && (in.Target == "" || b.target == in.Target) {
			cancelled = append(cancelled, b)
		}
	}
	switch {
	case m.lines[in.Originating] == nil:
		m.reply(in.Request, ConnectionID{}, errNoLine)
	case len(cancelled) == 0:
		m.reply(in.Request, ConnectionID{}, errFeature)
	default:
		m.do(Reply{Request: in.Request, ID: string(in.Target)})
		for _, b := range cancelled {
			m.dropCallBack(b)
		}
	}
}

func (m *Model) callBackOf(originating, target DeviceID) *callBack {
	for _, b := range m.callBacks {
		if b.originating == originating && b.target == target {
			return b
		}
	}
	return nil
}

func (m *Model) callBacksOf(originating DeviceID) int {
	count := 0
	for _, b := range m.callBacks {
		if b.originating == originating {
			count++
		}
	}
	return count
}

func (m *Model) addCallBack(originating, target DeviceID, unanswered bool) {
	b := &callBack{originating: originating, target: target, unanswered: unanswered}
	b.timer = timer{callBack: b, kind: callBackEnds}
	m.callBacks = append(m.callBacks, b)
	m.start(&b.timer, m.config.CallBackTimeout)
	m.tellCallBack(b, true)
}

func (m *Model) dropCallBack(b *callBack) {
	m.stop(&b.timer)
	m.callBacks = without(m.callBacks, b)
	m.tellCallBack(b, false)
}

func (m *Model) tellCallBack(b *callBack, set bool) {
	event := &Event{Kind: CalledBack, Device: b.originating, Other: b.target, CallBackSet: set}
	for _, device := range [...]DeviceID{b.originating, b.target} {
		if m.lines[device] != nil {
			event.Reported = append(event.Reported, Reported{Device: device})
		}
	}
	m.do(event)
}

// callBack calls back who can be, now that something happened.
func (m *Model) callBack() {
	for i := 0; i < len(m.callBacks); i++ {
		b := m.callBacks[i]
		target := m.lines[b.target]
		if b.unanswered && !b.used {
			b.used = target.used()
			continue
		}
		originating := m.lines[b.originating]
		if m.config.Drain || len(m.calls) >= m.config.MaxCalls || !m.idle(target) || !m.idle(originating) {
			continue
		}
		m.dropCallBack(b)
		i--
		n := m.prepare(originating, string(b.target))
		n.call.reason = CauseCallBack
		m.event(ServiceInitiated, n, CauseCallBack)
		m.ringCaller(n, destination{}, false)
	}
}

// used tells whether somebody is at the line's phone.
func (l *line) used() bool {
	for _, n := range l.connections {
		if n.up() || n.state == Initiated {
			return true
		}
	}
	return false
}

func (m *Model) idle(l *line) bool {
	return l.inService && len(l.connections) == 0 && !m.options.Features.DoNotDisturb(l.Number)
}
