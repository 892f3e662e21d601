// SPDX-License-Identifier: Apache-2.0

// Package crowd is many Skinny phones in one process that call one another, to
// load a server and to see whether anything is lost. It has no RTP, and does
// not measure the server itself.
package crowd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

// registering is how many phones register at a time.
const registering = 64

// Member is one phone and the number of its first line.
type Member struct{ DeviceName, Number string }

// Options of a crowd. Server, Members, Rate and Duration are required.
type Options struct {
	Server  string
	Members []Member
	// Phone has what else the phones are; device name, media and answering are
	// the crowd's.
	Phone skinnyphone.Options
	// Rate of calls a second for Duration; zero: the phones only stay registered.
	Rate     float64
	Duration time.Duration
	// TalkTime of a call, 1 s where zero.
	TalkTime time.Duration
	// Patience is how long each step of a call may take; 10 s where zero.
	Patience time.Duration
}

// Result is what a crowd saw.
type Result struct {
	// Registering is how long it took until all phones were registered.
	Registering time.Duration
	// Offered calls, those Skipped because no two phones were idle, those that
	// were Connected at both ends, and those that Failed in any step.
	Offered, Skipped, Connected, Failed int
	// Setup times of calls, from the last digit to the connection, sorted.
	Setup []time.Duration
	// KeepAlives that were answered.
	KeepAlives int
	// Lost registrations, and what phones found wrong; at most 20 of each are told.
	Lost, Faults []string
	// Errors of failed calls, at most 20.
	Errors []string
}

// Percentile of the setup times, 0 to 100; zero if no call was set up.
func (r *Result) Percentile(p float64) time.Duration {
	if len(r.Setup) == 0 {
		return 0
	}
	return r.Setup[min(int(float64(len(r.Setup))*p/100), len(r.Setup)-1)]
}

// maxTold bounds the lists of a result.
const maxTold = 20

type crowd struct {
	options Options
	phones  []*phone

	mutex  sync.Mutex
	idle   []*phone
	result Result
}

type phone struct {
	*skinnyphone.Phone
	number string
}

// Run registers all phones, has them call for the duration, and unregisters
// them. Its error is that a phone could not register.
func Run(ctx context.Context, options Options) (*Result, error) {
	if options.TalkTime == 0 {
		options.TalkTime = time.Second
	}
	if options.Patience == 0 {
		options.Patience = 10 * time.Second
	}
	c := &crowd{options: options, phones: make([]*phone, len(options.Members))}
	defer c.close()
	began := time.Now()
	if err := c.register(ctx); err != nil {
		return nil, err
	}
	c.result.Registering = time.Since(began)
	c.idle = slices.Clone(c.phones)
	c.call(ctx)
	c.inspect()
	slices.Sort(c.result.Setup)
	return &c.result, nil
}

func (c *crowd) register(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(registering)
	for i, member := range c.options.Members {
		group.Go(func() error {
			options := c.options.Phone
			options.Server, options.DeviceName, options.Media = c.options.Server, member.DeviceName, skinnyphone.MediaSilent
			options.AnswerAfter = time.Millisecond
			p, err := skinnyphone.Dial(ctx, options)
			if err != nil {
				return err
			}
			c.phones[i] = &phone{Phone: p, number: member.Number}
			return nil
		})
	}
	return group.Wait()
}

func (c *crowd) close() {
	var group errgroup.Group
	group.SetLimit(registering)
	for _, p := range c.phones {
		if p != nil {
			group.Go(func() error { p.Close(); return nil })
		}
	}
	_ = group.Wait()
}

// call has pairs of idle phones call at the rate.
func (c *crowd) call(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	end := time.NewTimer(c.options.Duration)
	defer end.Stop()
	var tick <-chan time.Time
	if c.options.Rate > 0 {
		ticker := time.NewTicker(time.Duration(float64(time.Second) / c.options.Rate))
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-tick:
		}
		c.mutex.Lock()
		c.result.Offered++
		if len(c.idle) < 2 {
			c.result.Skipped++
			c.mutex.Unlock()
			continue
		}
		from, to := c.idle[0], c.idle[1]
		c.idle = c.idle[2:]
		c.mutex.Unlock()
		calls.Go(func() { c.one(ctx, from, to) })
	}
}

// one is one call. Phones whose call failed are left alone: their state is not
// known.
func (c *crowd) one(ctx context.Context, from, to *phone) {
	setup, err := c.talk(ctx, from, to)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err != nil {
		if ctx.Err() != nil {
			return // the crowd was sent home
		}
		c.result.Failed++
		c.result.Errors = tell(c.result.Errors, fmt.Sprintf("%s calls %s: %v", from.number, to.number, err))
		return
	}
	c.result.Connected++
	c.result.Setup = append(c.result.Setup, setup)
	c.idle = append(c.idle, from, to)
}

func tell(list []string, text string) []string {
	if len(list) >= maxTold {
		return list
	}
	return append(list, text)
}

func (c *crowd) talk(ctx context.Context, from, to *phone) (setup time.Duration, err error) {
	step := func(p *phone, is func(skinnyphone.Snapshot) bool) error {
		ctx, cancel := context.WithTimeout(ctx, c.options.Patience)
		defer cancel()
		_, err := p.Await(ctx, is)
		return err
	}
	connected := func(s skinnyphone.Snapshot) bool {
		_, ok := s.CallIn(skinny.StateConnected)
		return ok && len(s.Streams) == 1 && s.Streams[0].Sending && s.Streams[0].Receiving
	}
	quiet := func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 && len(s.Streams) == 0 && !s.Speaker }

	dialing, cancel := context.WithTimeout(ctx, c.options.Patience)
	_, err = from.Call(dialing, to.number)
	cancel()
	if err != nil {
		return 0, err
	}
	typed := time.Now()
	for _, p := range []*phone{from, to} {
		if err := step(p, connected); err != nil {
			return 0, err
		}
	}
	setup = time.Since(typed)
	timer := time.NewTimer(c.options.TalkTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return 0, ctx.Err() //nolint:wrapcheck // its own
	}
	if err := from.HangUp(ctx); err != nil {
		return 0, err
	}
	for _, p := range []*phone{from, to} {
		if err := step(p, quiet); err != nil {
			return 0, err
		}
	}
	return setup, nil
}

// inspect looks at what the phones went through.
func (c *crowd) inspect() {
	for _, p := range c.phones {
		snapshot := p.Snapshot()
		c.result.KeepAlives += snapshot.KeepAlives
		if !snapshot.Registered || snapshot.Registrations != 1 {
			c.result.Lost = tell(c.result.Lost, fmt.Sprintf("%s registered %d times", p.DeviceName(), snapshot.Registrations))
		}
		for _, fault := range snapshot.Faults {
			c.result.Faults = tell(c.result.Faults, p.DeviceName()+": "+fault)
		}
	}
}
