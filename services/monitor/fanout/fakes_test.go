// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"path"
	"slices"
	"sync"

	"google.golang.org/grpc"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
)

// memoryMonitors is the monitors bucket in memory.
type memoryMonitors struct {
	mu       sync.Mutex
	revision uint64
	records  map[string]bus.Entry[*statev1.MonitorRecord]
	tell     func(bus.Change[*statev1.MonitorRecord])
}

func newMemoryMonitors() *memoryMonitors {
	return &memoryMonitors{records: make(map[string]bus.Entry[*statev1.MonitorRecord])}
}

func (b *memoryMonitors) Create(ctx context.Context, key string, value *statev1.MonitorRecord) (uint64, error) {
	b.mu.Lock()
	_, known := b.records[key]
	b.mu.Unlock()
	if known {
		return 0, bus.ErrConflict
	}
	return b.Put(ctx, key, value)
}

func (b *memoryMonitors) Update(ctx context.Context, key string, value *statev1.MonitorRecord, revision uint64) (uint64, error) {
	b.mu.Lock()
	known := b.records[key].Revision
	b.mu.Unlock()
	if known != revision {
		return 0, bus.ErrConflict
	}
	return b.Put(ctx, key, value)
}

func (b *memoryMonitors) Put(_ context.Context, key string, value *statev1.MonitorRecord) (uint64, error) {
	b.mu.Lock()
	b.revision++
	entry := bus.Entry[*statev1.MonitorRecord]{Key: key, Value: value, Revision: b.revision}
	b.records[key] = entry
	tell := b.tell
	b.mu.Unlock()
	if tell != nil {
		tell(bus.Change[*statev1.MonitorRecord]{Operation: bus.OperationPut, Entry: entry})
	}
	return entry.Revision, nil
}

func (b *memoryMonitors) Delete(_ context.Context, key string) error {
	b.mu.Lock()
	delete(b.records, key)
	tell := b.tell
	b.mu.Unlock()
	if tell != nil {
		tell(bus.Change[*statev1.MonitorRecord]{Operation: bus.OperationDelete, Key: key})
	}
	return nil
}

func (b *memoryMonitors) Keys(_ context.Context, pattern string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var keys []string
	for key := range b.records {
		if ok, _ := path.Match(pattern, key); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (b *memoryMonitors) Watch(ctx context.Context, _ string, tell func(bus.Change[*statev1.MonitorRecord])) error {
	b.mu.Lock()
	for _, entry := range b.records {
		tell(bus.Change[*statev1.MonitorRecord]{Operation: bus.OperationPut, Entry: entry})
	}
	tell(bus.Change[*statev1.MonitorRecord]{Operation: bus.OperationSynced})
	b.tell = tell
	b.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// memorySessions is the sessions bucket, as far as it is watched.
type memorySessions struct {
	changes chan bus.Change[*statev1.SessionRecord]
}

func newMemorySessions() *memorySessions {
	return &memorySessions{changes: make(chan bus.Change[*statev1.SessionRecord])}
}

func (b *memorySessions) Watch(ctx context.Context, _ string, tell func(bus.Change[*statev1.SessionRecord])) error {
	tell(bus.Change[*statev1.SessionRecord]{Operation: bus.OperationSynced})
	for {
		select {
		case change := <-b.changes:
			tell(change)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *memorySessions) put(id, edge string) {
	b.changes <- bus.Change[*statev1.SessionRecord]{Operation: bus.OperationPut,
		Key: id, Value: &statev1.SessionRecord{SessionId: id, Edge: edge}}
}

func (b *memorySessions) delete(id string) {
	b.changes <- bus.Change[*statev1.SessionRecord]{Operation: bus.OperationDelete, Key: id}
}

// memoryEvents is a stream that the test feeds.
type memoryEvents struct {
	deliveries chan bus.Delivery
	last       uint64
}

func (e *memoryEvents) ReadEvents(ctx context.Context, options bus.ReaderOptions, handle func(bus.Delivery)) error {
	options.OnReading()
	options.OnCurrent()
	for {
		select {
		case delivery := <-e.deliveries:
			handle(delivery)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *memoryEvents) LastEventNumber(context.Context, string) (uint64, uint64, error) {
	return e.last, 0, nil
}

// memoryPartition serves the sessions that the test says.
type memoryPartition struct {
	mu      sync.Mutex
	others  map[string]bool
	changed func()
}

func (p *memoryPartition) Alone() bool { return len(p.others) == 0 }

func (p *memoryPartition) Mine(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.others[id]
}

func (p *memoryPartition) Subscribe(changed func()) func() {
	p.changed = changed
	return func() {}
}

func (p *memoryPartition) give(ids ...string) {
	p.mu.Lock()
	p.others = make(map[string]bool)
	for _, id := range ids {
		p.others[id] = true
	}
	p.mu.Unlock()
	p.changed()
}

// fakeEdges are edges that keep what is delivered.
type fakeEdges struct {
	directory.Fixed
	mu    sync.Mutex
	edges map[string]*fakeEdge
}

func newFakeEdges() *fakeEdges { return &fakeEdges{edges: make(map[string]*fakeEdge)} }

// Edge implements directory.Clients.
func (f *fakeEdges) Edge(id string) edgev1.EdgeServiceClient { return f.get(id) }

func (f *fakeEdges) get(id string) *fakeEdge {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.edges[id] == nil {
		f.edges[id] = &fakeEdge{bodies: make(map[string][]string)}
	}
	return f.edges[id]
}

type fakeEdge struct {
	edgev1.EdgeServiceClient
	mu       sync.Mutex
	bodies   map[string][]string // by session
	requests int
	// slow, if not nil, is waited for before each delivery.
	slow     chan struct{}
	err      error
	response edgev1.DeliverResponse
}

func (f *fakeEdge) Deliver(ctx context.Context, in *edgev1.DeliverRequest, _ ...grpc.CallOption) (*edgev1.DeliverResponse, error) {
	f.mu.Lock()
	slow := f.slow
	f.mu.Unlock()
	if slow != nil {
		select {
		case <-slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	if f.err != nil {
		return nil, f.err
	}
	for _, recipient := range in.GetRecipients() {
		if !slices.Contains(f.response.UnknownSessions, recipient.GetSessionId()) {
			id := recipient.GetSessionId()
			f.bodies[id] = append(f.bodies[id], string(in.GetHead())+recipient.GetMonitorCrossRefId()+string(in.GetTail()))
		}
	}
	return &edgev1.DeliverResponse{UnknownSessions: f.response.UnknownSessions, OverflowedSessions: f.response.OverflowedSessions}, nil
}

func (f *fakeEdge) set(change func(*fakeEdge)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// take gives what was delivered to a session since the last take.
func (f *fakeEdge) take(session string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	bodies := f.bodies[session]
	delete(f.bodies, session)
	return bodies
}
