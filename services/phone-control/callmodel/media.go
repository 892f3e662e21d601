// SPDX-License-Identifier: Apache-2.0

package callmodel

func (m *Model) touch(c *call) {
	if !c.touched {
		c.touched = true
		m.touchedCalls = append(m.touchedCalls, c)
	}
}

func (m *Model) touchLeg(l *leg) {
	if !l.touched {
		l.touched = true
		m.touchedLegs = append(m.touchedLegs, l)
	}
}

// settle says what the media of all legs are that were touched, and ends the
// services that only waited for that.
func (m *Model) settle() {
	for len(m.touchedCalls)+len(m.touchedLegs)+len(m.begun) > 0 {
		for i := 0; i < len(m.touchedCalls); i++ {
			c := m.touchedCalls[i]
			c.touched = false
			for _, n := range c.connections {
				if n.leg != nil {
					m.touchLeg(n.leg)
				}
			}
		}
		clear(m.touchedCalls)
		m.touchedCalls = m.touchedCalls[:0]
		for i := 0; i < len(m.touchedLegs); i++ {
			m.touchedLegs[i].touched = false
			m.adjust(m.touchedLegs[i])
		}
		clear(m.touchedLegs)
		m.touchedLegs = m.touchedLegs[:0]
		if len(m.begun) == 0 {
			return
		}
		begun := m.begun
		m.begun = nil
		for _, o := range begun {
			m.progress(o)
		}
	}
}

// adjust says what the media of a leg are, where that changed.
func (m *Model) adjust(l *leg) {
	media, ok := l.wanted()
	if !ok || l.asked && l.media == media {
		return
	}
	l.state, l.media, l.asked, l.settled = legUp, media, true, false
	m.do(SetMedia{Leg: l.id, Media: media})
}

// answerHand makes the model say what the media of a leg are even where they
// stay: the user pressed a key, and the driver waits for what comes of it.
func (m *Model) answerHand(l *leg) {
	again := []*leg{l}
	if l.asked && l.media.Kind == WithLeg {
		if other, ok := m.legs[l.media.Leg]; ok && other.media == (Media{Kind: WithLeg, Leg: l.id}) {
			again = append(again, other)
		}
	}
	for _, l := range again {
		l.asked = false
		m.touchLeg(l)
	}
}

// wanted tells what a leg's media are to be; nothing while its phone rings or
// its call waits for an answer.
func (l *leg) wanted() (Media, bool) {
	if l.state == legRings || l.state == legGone {
		return Media{}, false
	}
	media := Media{Kind: OnHold}
	for _, n := range l.connections {
		if n.goal() == Connected {
			media = n.media()
			break
		}
	}
	if l.state == legDials && media.Kind != WithLeg && media.Kind != InConference {
		return Media{}, false
	}
	return media, true
}

// media is what a party in a call hears.
func (n *connection) media() Media {
	var far *connection
	parties, silent := 1, n.silent
	media := Media{Kind: OnHold}
	for _, other := range n.call.connections {
		if other == n {
			continue
		}
		switch goal := other.goal(); {
		case goal == Connected || goal == Hold:
			parties++
			silent = silent || other.silent
			far = other
		case other.role == parked:
			media.Kind = HeldByOther
		case goal != Fail && media.Kind == OnHold:
			media.Kind = Ringback
		}
	}
	switch {
	case parties > 2, parties == 2 && silent:
		return Media{Kind: InConference, Conference: n.call.id, ListenOnly: n.silent}
	case parties == 1:
		return media
	case far.goal() == Connected && far.leg != nil:
		return Media{Kind: WithLeg, Leg: far.leg.id}
	default:
		return Media{Kind: HeldByOther}
	}
}

func (m *Model) mediaSet(in MediaSet) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	if l.settled {
		m.ignored++
		return
	}
	l.settled = true
	for _, n := range l.connections {
		if o := n.pending; o != nil && o.byMedia() {
			m.progress(o)
			return
		}
	}
}

func (m *Model) commandFailed(in CommandFailed) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	err := in.Error
	if err == nil {
		err = errRefused
	}
	switch in.Command {
	case SetMediaCommand:
		m.mediaFailed(l, err)
	case SendDigitsCommand:
		if len(l.digits) == 0 {
			m.ignored++
			return
		}
		o := l.digits[0]
		l.digits = l.digits[1:]
		if !o.ended() {
			m.abort(o, err)
		}
	default:
		if n := l.active(); n != nil && n.pending != nil && n.pending.kind == answering {
			m.abort(n.pending, err)
			return
		}
		m.ignored++
	}
}

// mediaFailed takes back the service that needed the media of a leg, or those
// of the leg it is with.
func (m *Model) mediaFailed(l *leg, err *Error) {
	l.settled = true
	if m.abortMedia(l, err) {
		return
	}
	if other, ok := m.legs[l.media.Leg]; ok && l.media.Kind == WithLeg && m.abortMedia(other, err) {
		return
	}
	n := l.active()
	if l.media.Kind != InConference || n == nil {
		m.ignored++
		return
	}
	m.report(ServiceCompletionFailure, &Event{Connection: n.id, Device: n.device()}, n.call, CauseResources)
}

func (m *Model) abortMedia(l *leg, err *Error) bool {
	for _, n := range l.connections {
		if o := n.pending; o != nil && o.byMedia() {
			m.abort(o, err)
			return true
		}
	}
	return false
}
