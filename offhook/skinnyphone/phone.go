// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Errors that callers test.
var (
	ErrNotConnected = errors.New("phone is not connected to its server")
	ErrNoSuchCall   = errors.New("phone shows no such call")
	ErrClosed       = errors.New("phone is closed")
	ErrRejected     = errors.New("server does not serve the phone")
)

// Phone is one phone. Its methods may be called from any goroutine while Run
// runs.
type Phone struct {
	options Options

	// mutex guards what is shown, the media and changed.
	mutex   sync.Mutex
	screen  screen
	media   media
	changed chan struct{} // closed at the next change; nil while nobody waits
	ended   bool

	// sending guards the connection as it is written to.
	sending sync.Mutex
	link    *link

	// root is Run's context: media end with it.
	root context.Context //nolint:containedctx // the phone's life, not a request's

	// Of a phone that Dial made.
	cancel context.CancelFunc
	done   chan struct{}
}

// New makes a phone that Run connects.
func New(options Options) (*Phone, error) {
	if err := options.complete(); err != nil {
		return nil, fmt.Errorf("make phone: %w", err)
	}
	p := &Phone{options: options}
	p.screen.forget()
	p.media.streams = make(map[uint32]*stream)
	return p, nil
}

// Dial makes a phone, runs it and returns when it is registered. The context is
// that of the registration; the phone lives until Close. An error that the
// server caused wraps ErrRejected.
func Dial(ctx context.Context, options Options) (*Phone, error) {
	p, err := New(options)
	if err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel, p.done = cancel, make(chan struct{})
	go func() {
		defer close(p.done)
		_ = p.Run(life)
	}()
	snapshot, err := p.Await(ctx, func(s Snapshot) bool { return s.Registered || s.Rejected != "" })
	switch {
	case err == nil && snapshot.Registered:
		return p, nil
	case err == nil:
		err = fmt.Errorf("%w: %s", ErrRejected, snapshot.Rejected)
	}
	p.Close()
	return nil, fmt.Errorf("register %s: %w", options.DeviceName, err)
}

// Close unregisters a phone that Dial made, and returns when it is gone.
func (p *Phone) Close() {
	if p.cancel == nil {
		return
	}
	p.cancel()
	<-p.done
}

// DeviceName is the phone's.
func (p *Phone) DeviceName() string { return p.options.DeviceName }

// Run keeps the phone registered until ctx ends; then it unregisters, and
// returns when its goroutines are gone. Its error is always nil.
func (p *Phone) Run(ctx context.Context) error {
	defer p.end()
	p.mutex.Lock()
	p.root = ctx
	p.mutex.Unlock()
	retry := p.options.RetryAfter
	for ctx.Err() == nil {
		registrations := p.Snapshot().Registrations
		again, err := p.serve(ctx)
		p.disconnected()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			p.options.Logger.Debug("phone lost its server", "device", p.options.DeviceName, "error", err)
			kind := RegistrationFailed
			if p.Snapshot().Registrations > registrations {
				kind = ServerLost
			}
			p.report(kind, nil, err.Error())
		}
		if p.Snapshot().Registrations > registrations {
			retry = p.options.RetryAfter
			if again == atOnce {
				continue
			}
		}
		wait := retry
		if again > 0 {
			wait = again
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		retry = min(2*retry, maxRetryAfter)
	}
	return nil
}

// end tells those who wait that nothing will come any more.
func (p *Phone) end() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.ended = true
	p.notify()
}

// disconnected forgets what the server said and closes all media.
func (p *Phone) disconnected() {
	p.mutex.Lock()
	p.screen.forget()
	streams := p.media.takeAll()
	p.notify()
	p.mutex.Unlock()
	for _, s := range streams {
		s.close()
	}
}

// Snapshot is what the phone shows now.
func (p *Phone) Snapshot() Snapshot {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.snapshot()
}

func (p *Phone) snapshot() Snapshot {
	snapshot := p.screen.snapshot()
	snapshot.DeviceName = p.options.DeviceName
	snapshot.Streams = p.media.snapshot()
	snapshot.Channels = len(p.media.waiting)
	return snapshot
}

// lookAgain is how often Await looks at media, which change by themselves.
const lookAgain = 20 * time.Millisecond

// Await waits until something is true of what the phone shows, and gives the
// first snapshot of which it is. It sees every state that lasts, not those that
// the server replaces at once. The error is the context's, with what the phone
// shows, or ErrClosed.
func (p *Phone) Await(ctx context.Context, is func(Snapshot) bool) (Snapshot, error) {
	var media *time.Ticker
	for {
		p.mutex.Lock()
		snapshot, ended := p.snapshot(), p.ended
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mutex.Unlock()
		if is(snapshot) {
			return snapshot, nil
		}
		if ended {
			return snapshot, ErrClosed
		}
		var look <-chan time.Time
		if len(snapshot.Streams) > 0 {
			if media == nil {
				media = time.NewTicker(lookAgain)
				defer media.Stop()
			}
			look = media.C
		}
		select {
		case <-changed:
		case <-look:
		case <-ctx.Done():
			return snapshot, fmt.Errorf("await at %s, which shows %s: %w", p.options.DeviceName, snapshot, ctx.Err())
		}
	}
}

// notify wakes those who wait; the mutex is held.
func (p *Phone) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}
