// SPDX-License-Identifier: Apache-2.0

package eventqueue

// Limits bound a Queue. Zero fields mean their default.
type Limits struct {
	// Events and Bytes bound what waits: 256 and 1 MiB. The oldest event is
	// dropped for a new one; one event is always taken, whatever its size.
	Events int
	Bytes  int
	// Unanswered bounds the events under way over UDP to an application that
	// doesn't answer them: 16.
	Unanswered int
}

func (l Limits) withDefaults() Limits {
	if l.Events <= 0 {
		l.Events = 256
	}
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Unanswered <= 0 {
		l.Unanswered = 16
	}
	return l
}

// SendID names an event under way. Zero names none.
type SendID uint64

// Send is one event to be sent now.
type Send struct {
	Event Event
	// ID is the name under which Answered or TimedOut is due; zero where the
	// answer is of no interest.
	ID SendID
	// First is true for an event that is waited for although the application
	// has not answered any yet: GiveUp is due when patience ends.
	First bool
	lost  bool
}

// Queue decides what an application is sent and when. It is not safe for
// concurrent use.
type Queue struct {
	limits   Limits
	reliable bool
	lostBody []byte

	waiting ring
	bytes   int
	lost    bool // messagesLost is due when the queue has drained
	serving int  // requests of the application without their response
	blocked bool // the transport takes no more for now
	held    bool // the queue is about to be left to another edge
	closed  bool

	lastID   SendID
	underWay map[SendID]struct{}
	answers  bool // the application has answered an event
	ignores  bool // it has left one unanswered and never answered any
}

// NewQueue makes an empty queue. reliable tells TCP from UDP. lostBody is
// sent after events were dropped; nil: nothing is sent.
func NewQueue(limits Limits, reliable bool, lostBody []byte) *Queue {
	return &Queue{
		limits: limits.withDefaults(), reliable: reliable, lostBody: lostBody,
		underWay: make(map[SendID]struct{}),
	}
}

// Push queues an event and returns how many older ones were dropped for it.
func (q *Queue) Push(e Event) (dropped int) {
	if q.closed {
		return 0
	}
	for q.waiting.count > 0 && (q.waiting.count >= q.limits.Events || q.bytes+e.Size() > q.limits.Bytes) {
		q.bytes -= q.waiting.popFront().Size()
		dropped++
	}
	q.lost = q.lost || dropped > 0
	q.waiting.pushBack(e)
	q.bytes += e.Size()
	return dropped
}

// RequestStarted holds events back until as many RequestAnswered.
func (q *Queue) RequestStarted() { q.serving++ }

// RequestAnswered tells that the response to a request was written.
func (q *Queue) RequestAnswered() { q.serving = max(0, q.serving-1) }

// Next gives the event to send now, if any may be sent.
//
// Over TCP all go out one after the other, and one at a time has an ID, so
// that an application that knows the dialog no more is noticed. Over UDP one
// is under way at a time, unless the application ignores events.
func (q *Queue) Next() (Send, bool) {
	if q.closed || q.held || q.blocked || q.serving > 0 || !q.windowOpen() {
		return Send{}, false
	}
	var send Send
	switch {
	case q.waiting.count > 0:
		send.Event = q.waiting.popFront()
		q.bytes -= send.Event.Size()
	case q.lost && len(q.lostBody) > 0:
		send.Event = Event{Head: q.lostBody}
		send.lost = true
		q.lost = false
	default:
		q.lost = false
		return Send{}, false
	}
	if !q.reliable || len(q.underWay) == 0 {
		q.lastID++
		send.ID = q.lastID
		send.First = !q.reliable && !q.answers && !q.ignores
		q.underWay[send.ID] = struct{}{}
	}
	return send, true
}

func (q *Queue) windowOpen() bool {
	switch {
	case q.reliable:
		return true
	case q.ignores:
		return len(q.underWay) < q.limits.Unanswered
	default:
		return len(q.underWay) == 0
	}
}

// Failed puts an event back that the transport didn't take, and sends nothing
// more until Unblock. It returns how many events were dropped for it.
func (q *Queue) Failed(send Send) (dropped int) {
	delete(q.underWay, send.ID)
	if q.closed {
		return 0
	}
	q.blocked = true
	if send.lost {
		q.lost = true
		return 0
	}
	if q.waiting.count >= q.limits.Events || q.waiting.count > 0 && q.bytes+send.Event.Size() > q.limits.Bytes {
		q.lost = true
		return 1
	}
	q.waiting.pushFront(send.Event)
	q.bytes += send.Event.Size()
	return 0
}

// Unblock tells that the transport may take events again; reliable says what
// transport it is now.
func (q *Queue) Unblock(reliable bool) { q.blocked, q.reliable = false, reliable }

// Answered tells that the application answered an event.
func (q *Queue) Answered(id SendID) {
	delete(q.underWay, id)
	q.answers, q.ignores = true, false
}

// TimedOut tells that an event stayed without answer. An application that
// answers events, but not this one over UDP, has not got it.
func (q *Queue) TimedOut(id SendID) {
	q.GiveUp(id)
	delete(q.underWay, id)
	q.lost = q.lost || q.answers && !q.reliable && !q.closed
}

// Broken tells that the transport failed after it took an event, so that this
// one and others behind it may not have arrived. Nothing more is sent until
// Unblock.
func (q *Queue) Broken(id SendID) {
	delete(q.underWay, id)
	q.lost = !q.closed
	q.blocked = true
}

// GiveUp ends the patience with an application that has not answered its first
// event: from now on events are sent without waiting.
func (q *Queue) GiveUp(id SendID) {
	if _, ok := q.underWay[id]; ok && !q.answers {
		q.ignores = true
	}
}

// Close drops what waits and returns its number. Nothing is sent any more.
func (q *Queue) Close() (dropped int) {
	dropped = q.waiting.count
	q.closed, q.waiting, q.bytes, q.lost = true, ring{}, 0, false
	return dropped
}

// Hold has nothing more sent. What is under way goes on.
func (q *Queue) Hold() { q.held = true }

// Settled tells that nothing is under way in either direction.
func (q *Queue) Settled() bool { return q.serving == 0 && len(q.underWay) == 0 }

// Leave gives what waits, the oldest first, and whether some was lost, and closes
// the queue. An event still under way may not have arrived.
func (q *Queue) Leave() (events []Event, lost bool) {
	lost = q.lost || len(q.underWay) > 0 && q.answers
	for q.waiting.count > 0 {
		events = append(events, q.waiting.popFront())
	}
	q.Close()
	return events, lost
}

// Resume takes what another queue left.
func (q *Queue) Resume(events []Event, lost bool) (dropped int) {
	for _, e := range events {
		dropped += q.Push(e)
	}
	q.lost = q.lost || lost
	return dropped
}

// Closed tells whether the queue takes no more events.
func (q *Queue) Closed() bool { return q.closed }

// Blocked tells whether the transport took an event no more.
func (q *Queue) Blocked() bool { return q.blocked && !q.closed }

// Len is the number of events that wait.
func (q *Queue) Len() int { return q.waiting.count }
