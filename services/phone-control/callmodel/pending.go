// SPDX-License-Identifier: Apache-2.0

package callmodel

// pending is a service that waits for the phone.
type pending struct {
	kind    pendingKind
	request RequestID
	// first is the connection that the service is about: the active one where
	// there are two; second the held one, or the new one of a consultation.
	first, second *connection
	// digits that are being sent to legs, of which waits are not done.
	digits string
	waits  int
	timer  timer
}

type pendingKind uint8

const (
	answering pendingKind = iota + 1
	holding
	retrieving
	alternating
	reconnecting
	consulting
	sendingDigits
)

// byMedia tells whether the service is done when the media are set.
func (o *pending) byMedia() bool { return o.kind >= holding && o.kind <= consulting }

// goal is the state that a connection is to have for its media: the one that a
// service brings it to, else its own.
func (n *connection) goal() State {
	if n.pending == nil {
		return n.state
	}
	switch o := n.pending; o.kind {
	case holding:
		return Hold
	case retrieving:
		return Connected
	case alternating, reconnecting, consulting:
		if o.first == n {
			return Hold
		}
		if o.kind != consulting {
			return Connected
		}
	case answering, sendingDigits:
	}
	return n.state
}

// await makes a service wait for the phone, within the service time-out.
func (m *Model) await(o *pending) {
	o.timer = timer{pending: o, kind: serviceEnds}
	for _, n := range [...]*connection{o.first, o.second} {
		if n != nil && o.kind != sendingDigits {
			n.pending = o
			m.touch(n.call)
		}
	}
	m.start(&o.timer, m.options.ServiceTimeout)
	if o.byMedia() {
		m.begun = append(m.begun, o)
	}
}

// finish ends the waiting of a service, whose reply is the caller's business.
func (m *Model) finish(o *pending) {
	m.stop(&o.timer)
	for _, n := range [...]*connection{o.first, o.second} {
		if n != nil && n.pending == o {
			n.pending = nil
			m.touch(n.call)
		}
	}
	o.waits = -1
}

// abort ends a service with an error; all stays as it was.
func (m *Model) abort(o *pending, err *Error) {
	m.finish(o)
	m.reply(o.request, o.first.id, err)
	if o.kind == consulting {
		m.discard(o.second)
	}
}

// discard takes a connection away that nobody saw, and its call with it.
func (m *Model) discard(n *connection) {
	m.remove(n)
	if len(n.call.connections) == 0 {
		delete(m.calls, n.call.id)
	}
}

func (m *Model) timedOut(o *pending) { m.abort(o, errNotObeyed) }

// ended tells whether the operation has had its reply.
func (o *pending) ended() bool { return o.waits < 0 }

// progress ends a service if the media it waits for are set.
func (m *Model) progress(o *pending) {
	if o.ended() {
		return
	}
	for _, n := range [...]*connection{o.first, o.second} {
		if n != nil && n.leg != nil && !n.leg.settled {
			return
		}
	}
	m.complete(o, CauseNormal)
}

// complete does what a service brought about.
func (m *Model) complete(o *pending, cause Cause) {
	m.finish(o)
	n := o.first
	switch o.kind {
	case holding:
		m.reply(o.request, n.id, nil)
		m.hold(n, cause)
	case retrieving:
		m.reply(o.request, n.id, nil)
		m.retrieve(n, cause)
	case alternating:
		m.reply(o.request, n.id, nil)
		m.hold(n, CauseAlternate)
		m.retrieve(o.second, CauseAlternate)
	case reconnecting:
		m.reply(o.request, o.second.id, nil)
		m.leave(n, CauseNormalClearing, CauseNormalClearing)
		m.retrieve(o.second, CauseNormal)
	case consulting:
		m.reply(o.request, o.second.id, nil)
		m.hold(n, CauseConsultation)
		m.consult(o.second)
	case answering, sendingDigits:
		m.reply(o.request, n.id, nil)
	}
}

func (m *Model) hold(n *connection, cause Cause) {
	m.become(n, Hold)
	m.event(Held, n, cause)
}

func (m *Model) retrieve(n *connection, cause Cause) {
	m.become(n, Connected)
	m.event(Retrieved, n, cause)
}
