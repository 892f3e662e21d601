// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// askAgain is how often a session is asked for while the user may not be known
// yet.
const askAgain = time.Second

func (p *probe) register(ctx context.Context) error {
	for _, phone := range p.phones {
		if err := phone.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) open(ctx context.Context) error {
	client, err := cstaclient.New(ctx, cstaclient.Options{Server: p.options.Server, Transport: p.options.Transport, Product: "Offhook-probe"})
	if err != nil {
		return fmt.Errorf("start application: %w", err)
	}
	p.client = client
	options := cstaclient.SessionOptions{User: p.options.User, Password: p.options.Password, Domain: p.options.Domain, Line: p.options.Phones[0].Number}
	err = persist(ctx, func(ctx context.Context) error {
		session, err := client.Open(ctx, options)
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		p.session, p.events = session, collect(session)
		return nil
	})
	return err
}

func (p *probe) monitor(ctx context.Context) error {
	for _, phone := range p.options.Phones {
		if err := persist(ctx, func(ctx context.Context) error {
			monitor, err := p.session.MonitorStart(ctx, phone.Number)
			if err != nil {
				return fmt.Errorf("monitor %s: %w", phone.Number, err)
			}
			p.events.follow(monitor)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// persist tries until it succeeds or the context ends; then it gives the last
// answer.
func persist(ctx context.Context, try func(context.Context) error) error {
	ticker := time.NewTicker(askAgain)
	defer ticker.Stop()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return last
		}
	}
}

func (p *probe) makeCall(ctx context.Context) error {
	caller, called := p.options.Phones[0].Number, p.options.Phones[1].Number
	call, err := p.session.MakeCall(ctx, caller, called, false)
	if err != nil {
		return fmt.Errorf("make call: %w", err)
	}
	p.call = call
	return p.events.await(ctx, "Delivered", 1, 1)
}

func (p *probe) answer(ctx context.Context) error {
	if err := p.session.AnswerCall(ctx, cstaclient.Connection(p.call.CallID, p.options.Phones[1].Number)); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return p.events.await(ctx, "Established", 1, 1)
}

// talk waits until both phones have received half a second of audio more.
func (p *probe) talk(ctx context.Context) error {
	received := func() (counts [2]uint64) {
		for i, phone := range p.phones {
			for _, call := range phone.Calls() {
				_, counts[i] = call.RTP()
			}
		}
		return counts
	}
	const halfASecond = 25 // packets of 20 ms
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for before := received(); ; {
		now := received()
		if now[0] >= before[0]+halfASecond && now[1] >= before[1]+halfASecond {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("phones received %d and %d packets of audio", now[0]-before[0], now[1]-before[1])
		}
	}
}

func (p *probe) hold(ctx context.Context) error {
	own := cstaclient.Connection(p.call.CallID, p.options.Phones[0].Number)
	if err := p.session.HoldCall(ctx, own); err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	if err := p.events.await(ctx, "Held", 1, 1); err != nil {
		return err
	}
	if err := p.session.RetrieveCall(ctx, own); err != nil {
		return fmt.Errorf("retrieve: %w", err)
	}
	return p.events.await(ctx, "Retrieved", 1, 1)
}

func (p *probe) clear(ctx context.Context) error {
	if err := p.session.ClearConnection(ctx, cstaclient.Connection(p.call.CallID, p.options.Phones[0].Number)); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	// The caller has left when the called one does.
	return p.events.await(ctx, "ConnectionCleared", 1, 2)
}

// complete compares all events of each line with what a call is.
func (p *probe) complete(context.Context) error {
	wants := [2][]string{
		{"ServiceInitiated", "Originated", "Delivered", "Established", "Held", "Retrieved", "ConnectionCleared"},
		{"Delivered", "Established", "Held", "Retrieved", "ConnectionCleared", "ConnectionCleared"},
	}
	var failed []error
	for i, phone := range p.options.Phones {
		if got := p.events.seen(i); !slices.Equal(got, wants[i]) {
			failed = append(failed, fmt.Errorf("line %s: got %s, want %s", phone.Number, strings.Join(got, ", "), strings.Join(wants[i], ", ")))
		}
	}
	if lost := p.session.Lost(); lost > 0 {
		failed = append(failed, fmt.Errorf("%d events were lost", lost))
	}
	return errors.Join(failed...)
}

// collect gathers the events of a session until it ends.
func collect(session *cstaclient.Session) *events {
	e := &events{names: make(map[csta.MonitorCrossRefID][]string), changed: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(e.done)
		for event := range session.Events() {
			e.add(cstaclient.Summarize(event))
		}
	}()
	return e
}
