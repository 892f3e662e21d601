// SPDX-License-Identifier: Apache-2.0

package eventqueue

import (
	"context"
	"sync"
	"time"
)

// Wire sends one event. It must not wait for the application: where the
// transport takes no more it returns an error, and the event is tried again.
// Where id is not zero, Pump.Answered, TimedOut or Broken must follow.
type Wire interface {
	SendEvent(body []byte, id SendID) error
	Reliable() bool
}

// Options are the times of a Pump and what it tells. Zero times mean their
// default.
type Options struct {
	Limits Limits
	// Patience is how long over UDP the first event is waited for: 4 s.
	Patience time.Duration
	// Retry is when a blocked transport is tried again: 50 ms, twice as late
	// each further time, at most RetryMax: 2 s.
	Retry, RetryMax time.Duration
	// Dropped is told how many events were dropped; Sent how many went out.
	// Both may be nil.
	Dropped, Sent func(n int)
}

// Pump runs a Queue over a Wire. It is safe for concurrent use. It has no
// goroutine of its own: whoever calls it sends what became due.
type Pump struct {
	wire    Wire
	options Options

	mu       sync.Mutex
	queue    *Queue
	pumping  bool
	retry    *time.Timer
	retries  int // in a row
	patience *time.Timer
	// settled, where not nil, is told that something under way has ended.
	settled chan struct{}
}

// NewPump makes a pump. lostBody is sent after events were dropped.
func NewPump(wire Wire, options Options, lostBody []byte) *Pump {
	if options.Patience <= 0 {
		options.Patience = 4 * time.Second
	}
	if options.Retry <= 0 {
		options.Retry = 50 * time.Millisecond
	}
	if options.RetryMax <= 0 {
		options.RetryMax = 2 * time.Second
	}
	return &Pump{wire: wire, options: options, queue: NewQueue(options.Limits, wire.Reliable(), lostBody)}
}

// Deliver queues an event and returns how many older ones were dropped for it;
// false: the pump was closed or left.
func (p *Pump) Deliver(e Event) (dropped int, taken bool) {
	p.mu.Lock()
	if p.queue.Closed() {
		p.mu.Unlock()
		return 0, false
	}
	dropped = p.queue.Push(e)
	p.tellDropped(dropped)
	p.pump()
	return dropped, true
}

// Leave waits until nothing is under way, or the context ends, closes the pump,
// and gives what another one may Resume with.
func (p *Pump) Leave(ctx context.Context) (events []Event, lost bool) {
	p.mu.Lock()
	p.queue.Hold()
	p.settled = make(chan struct{}, 1)
	for ctx.Err() == nil && (p.pumping || !p.queue.Settled()) {
		p.mu.Unlock()
		select {
		case <-p.settled:
		case <-ctx.Done():
		}
		p.mu.Lock()
	}
	events, lost = p.queue.Leave()
	p.mu.Unlock()
	p.stopTimers()
	return events, lost
}

// Resume goes on with what another pump left.
func (p *Pump) Resume(events []Event, lost bool) {
	p.mu.Lock()
	p.tellDropped(p.queue.Resume(events, lost))
	p.pump()
}

// settle tells who leaves that something has ended; p.mu is held.
func (p *Pump) settle() {
	if p.settled != nil {
		select {
		case p.settled <- struct{}{}:
		default:
		}
	}
}

// RequestStarted holds events back until as many RequestAnswered.
func (p *Pump) RequestStarted() {
	p.mu.Lock()
	p.queue.RequestStarted()
	p.mu.Unlock()
}

// RequestAnswered tells that a response was written. A request also proves
// that the way to the application is open.
func (p *Pump) RequestAnswered() {
	p.mu.Lock()
	p.queue.RequestAnswered()
	p.queue.Unblock(p.wire.Reliable())
	p.retries = 0
	p.pump()
}

// Answered tells that the application answered an event.
func (p *Pump) Answered(id SendID) {
	p.mu.Lock()
	p.queue.Answered(id)
	p.retries = 0
	p.pump()
}

// TimedOut tells that an event stayed without answer.
func (p *Pump) TimedOut(id SendID) {
	p.mu.Lock()
	p.queue.TimedOut(id)
	p.pump()
}

// Broken tells that the transport failed after it took an event. What follows
// waits for the next request or try.
func (p *Pump) Broken(id SendID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.Broken(id)
	p.tellDropped(1)
	p.settle()
	p.retryLater()
}

// Close drops what waits; the pump's timers do nothing any more.
func (p *Pump) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tellDropped(p.queue.Close())
	p.settle()
	p.stopTimersLocked()
}

func (p *Pump) stopTimers() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopTimersLocked()
}

func (p *Pump) stopTimersLocked() {
	if p.retry != nil {
		p.retry.Stop()
	}
	if p.patience != nil {
		p.patience.Stop()
	}
}

// pump sends what may be sent, one caller at a time, outside the lock. It
// takes p.mu locked and leaves it unlocked.
func (p *Pump) pump() {
	if p.pumping {
		p.settle()
		p.mu.Unlock()
		return
	}
	p.pumping = true
	for {
		send, ok := p.queue.Next()
		if !ok {
			p.pumping = false
			p.settle()
			p.mu.Unlock()
			return
		}
		if send.First {
			p.patience = time.AfterFunc(p.options.Patience, func() { p.giveUp(send.ID) })
		}
		p.mu.Unlock()
		err := p.wire.SendEvent(send.Event.Body(), send.ID)
		p.mu.Lock()
		if err != nil {
			p.tellDropped(p.queue.Failed(send))
			p.retryLater()
			continue
		}
		if send.ID == 0 {
			p.retries = 0 // the others are known to have gone out when answered
		}
		if p.options.Sent != nil {
			p.options.Sent(1)
		}
	}
}

func (p *Pump) retryLater() {
	if !p.queue.Blocked() {
		return
	}
	delay := min(p.options.Retry<<min(p.retries, 16), p.options.RetryMax)
	p.retries++
	if p.retry != nil {
		p.retry.Stop()
	}
	p.retry = time.AfterFunc(delay, func() {
		p.mu.Lock()
		p.queue.Unblock(p.wire.Reliable())
		p.pump()
	})
}

func (p *Pump) giveUp(id SendID) {
	p.mu.Lock()
	p.queue.GiveUp(id)
	p.pump()
}

func (p *Pump) tellDropped(n int) {
	if n > 0 && p.options.Dropped != nil {
		p.options.Dropped(n)
	}
}
