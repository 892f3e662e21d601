// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"time"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/sipstack"
)

const (
	// maxHops bounds how many edges are asked for a dialog one after the other.
	maxHops = 8
	// hopPause is between two questions of an edge that is about to have it.
	hopPause = 50 * time.Millisecond
	// departureKept is how long an edge knows where it left a dialog: longer than it
	// takes until the record says so.
	departureKept = 30 * time.Second
)

// departure is where a session of this edge went.
type departure struct {
	edge string
	// arrived is closed when that edge has it, or has not taken it.
	arrived chan struct{}
}

// departs notes that a session goes to another edge, until that one has it, which
// the function tells.
func (m *Manager) departs(id, edge string) (arrived func()) {
	d := &departure{edge: edge, arrived: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.departed[id] = d
	return func() {
		close(d.arrived)
		time.AfterFunc(departureKept, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.departed[id] == d {
				delete(m.departed, id)
			}
		})
	}
}

// departedTo is the edge that a session went to, once it has it; empty: it did not
// go from here, or the context ended.
func (m *Manager) departedTo(ctx context.Context, id string) string {
	m.mu.RLock()
	d := m.departed[id]
	m.mu.RUnlock()
	if d == nil {
		return ""
	}
	select {
	case <-d.arrived:
		return d.edge
	case <-ctx.Done():
		return ""
	}
}

// fetch has the edge that holds a dialog leave it to this one, where a request of
// it came. No session: no edge answers for it, and the record that is given, which
// may be newer, is all there is.
func (m *Manager) fetch(record *statev1.DialogRecord, flow sipstack.Flow) (*session, *statev1.DialogRecord) {
	if m.options.Edges == nil {
		return nil, record
	}
	ctx, cancel := m.callContext(yieldTimeout)
	defer cancel()
	id, edge := record.GetSessionId(), record.GetEdge()
	asked := make(map[string]bool)
	for range maxHops {
		if s, ok := m.find(id); ok && s.dialog.Load() != nil {
			return s, record
		}
		if asked[edge] { // it is about to have it
			select {
			case <-time.After(hopPause):
			case <-ctx.Done():
			}
		}
		asked[edge] = true
		left, next := m.askFor(ctx, id, edge)
		if left != nil {
			s, err := m.resume(left, flow)
			if err != nil {
				m.log.Warn("take dialog over", "session_id", id, "error", err)
				return nil, left.GetRecord()
			}
			return s, record
		}
		if next == "" {
			// It may have gone on since the record was read.
			entry, err := m.options.Dialogs.Get(ctx, id)
			if err != nil || edge == record.GetEdge() && edge == entry.Value.GetEdge() {
				return nil, record
			}
			record = entry.Value
			next = record.GetEdge()
		}
		edge = next
	}
	return nil, record
}

// askFor asks an edge for a dialog, which leaves it or names the edge that has it;
// neither: it doesn't know.
func (m *Manager) askFor(ctx context.Context, id, edge string) (left *edgev1.LeftDialog, next string) {
	switch edge {
	case "":
		return nil, ""
	case m.edge:
		return nil, m.departedTo(ctx, id)
	}
	answer, err := m.options.Edges.Edge(edge).Yield(ctx, &edgev1.YieldRequest{SessionId: id, Edge: m.edge})
	if err != nil {
		m.log.Debug("ask for a dialog", "session_id", id, "edge", edge, "error", err)
		return nil, ""
	}
	return answer.GetDialog(), answer.GetLeftTo()
}
