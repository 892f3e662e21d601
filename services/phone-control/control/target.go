// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// closeTimeout bounds how long the last events of a target may take to be
// acknowledged when it is let go.
const closeTimeout = 3 * time.Second

// errEventsLost ends a target whose events another owner writes.
var errEventsLost = errors.New("target is owned by another replica")

// target is one target's goroutine with what belongs to it.
type target struct {
	name    string
	options Options
	queue   *queue
	// ended is closed when the target is let go.
	ended chan struct{}
	epoch uint64

	// All below belongs to the goroutine of run.
	config        *targetconfig.Target
	model         *callmodel.Model
	driver        Driver
	writer        EventWriter
	routeing      *routeing
	registrations *registrations
	features      *features
	number        uint64
	waiting       map[callmodel.RequestID]func(callmodel.Reply)
	requested     callmodel.RequestID
	// indications wait for the step that caused them to be carried out.
	indications []callmodel.Input
	batch       []*ctiv1.Event
	// leaving is set once the target is to be handed over, calls once that is
	// prepared.
	leaving *leaving
	calls   []byte
	failure error
	// lost says which events the bus did not take last; empty: it took all.
	lost string
}

// newTarget prepares a target for the lease; run works on it.
func newTarget(ctx context.Context, options Options, config *targetconfig.Target, lease *statev1.Lease) (*target, error) {
	writer, err := options.Events(ctx, config.Name, lease.GetEpoch())
	if err != nil {
		return nil, fmt.Errorf("open events of target %s: %w", config.Name, err)
	}
	t := &target{
		name: config.Name, options: options, queue: newQueue(options.Queue),
		ended: make(chan struct{}), epoch: lease.GetEpoch(),
		config: config, writer: writer, number: writer.LastNumber(),
		waiting: make(map[callmodel.RequestID]func(callmodel.Reply)),
	}
	t.routeing, t.registrations, t.features = newRouteing(t), newRegistrations(t), newFeatures(t)
	t.model = callmodel.New(callmodel.Options{
		Prefix: callPrefix(config.Name, lease.GetEpoch()), ServiceTimeout: options.ServiceTimeout,
		NewGlobalCallID: newGlobalCallID, Features: modelFeatures{t.features.settings, t},
	})
	t.features.configure(config, settings(config))
	if err := t.features.restore(ctx); err != nil {
		_ = writer.Close(ctx)
		return nil, err
	}
	if t.driver, err = options.Driver(config, loop{t}); err != nil {
		_ = writer.Close(ctx)
		return nil, fmt.Errorf("make driver of target %s: %w", config.Name, err)
	}
	if !t.takeOver(ctx, config) {
		t.clearAbandoned(ctx)
	}
	return t, nil
}

// callPrefix begins the target's call ids. The epoch differs between owners and
// restarts.
func callPrefix(target string, epoch uint64) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(target))
	return fmt.Sprintf("%04x%x-", hash.Sum32()&0xffff, epoch)
}

// newGlobalCallID gives 32 random hex digits in upper case.
func newGlobalCallID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return strings.ToUpper(hex.EncodeToString(id[:]))
}

// run works until the context ends, then lets the target go.
func (t *target) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	t.options.Metrics.running(1)
	t.step(settings(t.config))
	t.registrations.restore(ctx)
	var running sync.WaitGroup // ends with ctx; awaited below
	running.Go(func() {
		if err := t.driver.Run(ctx); err != nil && ctx.Err() == nil {
			cancel(fmt.Errorf("driver of target %s: %w", t.name, err))
		}
	})
	running.Go(func() { t.routeing.run(ctx) })
	running.Go(func() { t.registrations.run(ctx) })
	running.Go(func() { t.features.records.run(ctx, t.ended) })
	t.loop(ctx)
	if t.failure != nil {
		cancel(t.failure)
	}
	cancel(context.Cause(ctx))
	t.queue.close()
	close(t.ended)
	t.driver.Release()
	running.Wait()
	t.options.Metrics.running(-1)
	t.options.Metrics.state(t.name, 0, 0)
	last, done := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer done()
	if err := t.writer.Close(last); err != nil {
		t.options.Logger.Warn("last events were not acknowledged", "target", t.name, "error", err)
	} else {
		t.save(last)
	}
	return context.Cause(ctx)
}

// loop does the target's work, one piece after the other.
func (t *target) loop(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var spare []func()
	for t.failure == nil {
		wait := time.Hour
		if deadline, ok := t.model.NextDeadline(); ok {
			wait = max(0, time.Until(deadline))
		}
		if t.leaving != nil {
			wait = min(wait, max(0, time.Until(t.leaving.next(time.Now()))))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			t.step(callmodel.Tick{})
		case <-t.queue.ready:
			spare = t.queue.take(spare)
			t.options.Metrics.state(t.name, t.model.Calls(), len(spare))
			for i, work := range spare {
				work()
				t.obey()
				spare[i] = nil
			}
		}
		t.options.Metrics.state(t.name, t.model.Calls(), t.queue.len())
		if t.left(time.Now()) {
			return
		}
	}
}

// step gives the model an input and everything that it leads to.
func (t *target) step(input callmodel.Input) {
	t.indications = append(t.indications, input)
	t.obey()
}

// obey steps the model with what waits. An indication that a command causes at
// once is a step of its own, after the one that gave the command.
func (t *target) obey() {
	for len(t.indications) > 0 {
		input := t.indications[0]
		t.indications = t.indications[1:]
		t.carryOut(t.model.Step(input, time.Now()))
		t.options.Metrics.stepped(t.name)
	}
	t.indications = nil
	t.registrations.note()
}

// carryOut carries out what a step gave, in order: commands at once, replies to
// those who wait, and the events as one batch at the end.
func (t *target) carryOut(outputs []callmodel.Output) {
	t.batch = nil
	for _, output := range outputs {
		switch o := output.(type) {
		case *callmodel.Event:
			t.number++
			t.batch = append(t.batch, eventOf(o, t.number, time.Now()))
		case callmodel.Reply:
			if reply, ok := t.waiting[o.Request]; ok {
				delete(t.waiting, o.Request)
				reply(o)
			}
		case callmodel.TellRouteing:
			t.routeing.put(o)
		case callmodel.Command:
			t.driver.Execute(o)
		}
	}
	t.publish()
}

// publish gives the step's events to the bus. Events that it does not take are
// lost: their numbers are used, so that every reader sees the gap.
func (t *target) publish() {
	if len(t.batch) == 0 {
		return
	}
	err := t.writer.Append(t.batch...)
	t.options.Metrics.wrote(t.name, len(t.batch), err != nil)
	switch {
	case err == nil:
	case errors.Is(err, bus.ErrFenced):
		t.failure = fmt.Errorf("%w: %w", errEventsLost, err)
	default:
		t.lost = fmt.Sprintf("%d events are lost: %v", len(t.batch), err)
		t.options.Logger.Error("events are lost", "target", t.name, "events", len(t.batch), "error", err)
	}
	t.noteChanges(t.batch)
}

// reconfigure applies a new configuration; calls that are up stay. It may be
// called from any goroutine.
func (t *target) reconfigure(config *targetconfig.Target) {
	t.queue.put(dueWork, func() {
		t.config = config
		set := settings(config)
		tell := t.reconfigureFeatures(set)
		t.step(set)
		tell()
		t.driver.Configure(config)
	})
}
