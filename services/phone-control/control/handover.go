// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// HandOvers keeps what owners leave to the next one; the bucket of that name is
// one.
type HandOvers interface {
	Get(ctx context.Context, key string) (bus.Entry[*statev1.HandOver], error)
	Put(ctx context.Context, key string, value *statev1.HandOver) (uint64, error)
	Delete(ctx context.Context, key string) error
}

// Times of a hand-over. A target goes on as always until a moment in which
// nothing is under way with its phones; when only patience is left it takes no new
// work, so that such a moment comes, and margin before the drain's end it goes as it
// is. Applications and edges try refused work again for about as long as patience.
const (
	handOverPatience = 3 * time.Second
	handOverMargin   = 3 * time.Second
)

// maxPart bounds one part of a hand-over, below what NATS takes.
const maxPart = 512 << 10

// maxParts bounds a hand-over: 256 MiB, some 50,000 calls.
const maxParts = 512

// errHandedOver ends a target that was left to the next owner.
var errHandedOver = errors.New("target is handed over")

// leaving is a target's way to its next owner.
type leaving struct {
	// hold is when new work is refused, latest when calls that are being set up
	// are no longer waited for.
	hold, latest time.Time
	held         bool
}

// leave hands the target over as soon as it can be, at the latest at a time. It
// may be called from any goroutine.
func (t *target) leave(latest time.Time) {
	t.queue.put(dueWork, func() {
		t.leaving = &leaving{hold: latest.Add(-handOverPatience), latest: latest}
	})
}

// next is when the loop must look again, though nothing happens. What waits then
// still are services, which end by themselves.
func (l *leaving) next(now time.Time) time.Time {
	switch {
	case !l.held:
		return l.hold
	case now.Before(l.latest):
		return l.latest
	default:
		return l.latest.Add(time.Hour)
	}
}

// left reports whether the target was left: its queue takes nothing more, and
// what the next owner needs is saved.
func (t *target) left(now time.Time) bool {
	l := t.leaving
	if l == nil {
		return false
	}
	if !l.held && !now.Before(l.hold) {
		l.held = true
		t.queue.hold()
	}
	late := !now.Before(l.latest)
	if t.model.Waiting() || !late && !t.quiet() {
		return false
	}
	if !t.queue.closeWhereEmpty() && !late {
		return false
	}
	t.queue.close()
	t.failure = errHandedOver
	calls, err := t.export(now)
	if err != nil {
		t.options.Metrics.handedOver(t.name, "failed")
		t.options.Logger.Error("calls are not handed over", "target", t.name, "calls", t.model.Calls(), "error", err)
		return true
	}
	t.calls = calls
	return true
}

// quiet tells that nothing is under way with phones.
func (t *target) quiet() bool {
	driver, able := t.driver.(HandingOver)
	return t.model.Quiet() && (!able || driver.Quiet())
}

func (t *target) export(now time.Time) ([]byte, error) {
	driver, able := t.driver.(HandingOver)
	if !able {
		return nil, fmt.Errorf("driver %T can't", t.driver)
	}
	model, err := t.model.Export(now)
	if err != nil {
		return nil, fmt.Errorf("export call model: %w", err)
	}
	legs, err := driver.Export()
	if err != nil {
		return nil, fmt.Errorf("export legs: %w", err)
	}
	calls, err := proto.Marshal(&statev1.HandedOverCalls{Model: model, Driver: legs})
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return calls, nil
}

// save writes what export gave, once the last event is acknowledged.
func (t *target) save(ctx context.Context) {
	if t.calls == nil || t.options.HandOvers == nil {
		return
	}
	parts := slices.Collect(slices.Chunk(t.calls, maxPart))
	err := fmt.Errorf("%d bytes are too much", len(t.calls))
	if len(parts) <= maxParts {
		err = t.put(ctx, parts)
	}
	if err != nil {
		t.options.Metrics.handedOver(t.name, "failed")
		t.options.Logger.Error("calls are not handed over", "target", t.name, "calls", t.model.Calls(), "error", err)
		return
	}
	t.options.Metrics.handedOver(t.name, "left")
	t.options.Logger.Info("target is handed over", "target", t.name, "calls", t.model.Calls(), "event_number", t.number)
}

// put writes the parts, the first one last: it makes the others count.
func (t *target) put(ctx context.Context, parts [][]byte) error {
	for i, part := range slices.Backward(parts) {
		record := &statev1.HandOver{
			Target: t.name, Replica: t.options.Replica.GetId(), Epoch: t.epoch, Number: t.number,
			Parts: uint32(len(parts)), Data: part, // #nosec G115 -- at most maxParts
		}
		if _, err := t.options.HandOvers.Put(ctx, handOverKey(t.name, i), record); err != nil {
			return fmt.Errorf("write part %d: %w", i, err)
		}
	}
	return nil
}

func handOverKey(target string, part int) string {
	return bus.EncodeKey(target) + "." + strconv.Itoa(part)
}

// takeOver goes on with the calls that the owner before left, and reports whether
// there were any to be left. The target's goroutine does not run yet.
func (t *target) takeOver(ctx context.Context, config *targetconfig.Target) bool {
	calls, found, err := t.load(ctx)
	if !found {
		return false
	}
	if err == nil {
		err = t.restore(calls, config)
	}
	if err != nil {
		t.options.Metrics.handedOver(t.name, "not_taken")
		t.options.Logger.Error("calls that were handed over are given up", "target", t.name, "error", err)
		return false
	}
	t.options.Metrics.handedOver(t.name, "taken")
	t.options.Logger.Info("target is taken over", "target", t.name, "calls", t.model.Calls(), "event_number", t.number)
	return true
}

// load reads what the owner before left, and removes it; found: there was
// something, and nothing happened to the target since.
func (t *target) load(ctx context.Context) (*statev1.HandedOverCalls, bool, error) {
	if t.options.HandOvers == nil {
		return nil, false, nil
	}
	head, err := t.options.HandOvers.Get(ctx, handOverKey(t.name, 0))
	if errors.Is(err, bus.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, fmt.Errorf("read hand-over: %w", err)
	}
	first := head.Value
	// Whoever takes the target next must not find it again.
	if err := t.options.HandOvers.Delete(ctx, handOverKey(t.name, 0)); err != nil {
		return nil, true, fmt.Errorf("remove hand-over: %w", err)
	}
	if first.GetNumber() != t.number || first.GetEpoch() >= t.epoch {
		return nil, false, nil // an older one: the target had another owner since
	}
	if first.GetParts() > maxParts {
		return nil, true, fmt.Errorf("hand-over has %d parts, %d are the most", first.GetParts(), maxParts)
	}
	data := first.GetData()
	for i := 1; i < int(first.GetParts()); i++ {
		part, err := t.options.HandOvers.Get(ctx, handOverKey(t.name, i))
		if err != nil {
			return nil, true, fmt.Errorf("read part %d of the hand-over: %w", i, err)
		}
		if part.Value.GetEpoch() != first.GetEpoch() {
			return nil, true, fmt.Errorf("part %d is of another hand-over", i)
		}
		data = append(data, part.Value.GetData()...)
	}
	calls := &statev1.HandedOverCalls{}
	if err := proto.Unmarshal(data, calls); err != nil {
		return nil, true, fmt.Errorf("read hand-over: %w", err)
	}
	return calls, true, nil
}

// restore fills model and driver. Legs that the driver can't go on with have
// ended.
func (t *target) restore(calls *statev1.HandedOverCalls, config *targetconfig.Target) error {
	driver, able := t.driver.(HandingOver)
	if !able {
		return fmt.Errorf("driver %T can't", t.driver)
	}
	now := time.Now()
	t.model.Step(settings(config), now)
	if err := t.model.Restore(calls.GetModel(), now); err != nil {
		return fmt.Errorf("call model: %w", err)
	}
	legs, err := driver.Import(calls.GetDriver())
	if err != nil {
		t.options.Logger.Error("legs are lost", "target", t.name, "error", err)
	}
	for _, id := range t.model.Legs() {
		if !slices.Contains(legs, id) {
			t.indications = append(t.indications, callmodel.LegEnded{Leg: id, Cause: causeAbandoned})
		}
	}
	for _, line := range config.Config.GetLines() {
		for _, device := range line.GetDevices() {
			if device.GetSkinny() != nil { // its connection ended with the owner before
				t.indications = append(t.indications, callmodel.ServiceChanged{Device: callmodel.DeviceID(line.GetNumber())})
				break
			}
		}
	}
	return nil
}
