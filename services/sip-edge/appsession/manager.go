// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/inflight"
	"offhook.dev/services/sipstack"
)

// Manager holds the sessions of one edge. It is safe for concurrent use.
type Manager struct {
	edge    string
	options Options
	limits  Limits
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics
	// disposition goes with every CSTA body; it is never changed.
	disposition     []sipstack.Header
	withDisposition sipstack.ResponseOption
	draining        atomic.Bool
	base            atomic.Pointer[context.Context]
	slot            atomic.Pointer[serviceContext]
	// serving counts requests of applications that are not answered yet.
	serving inflight.Counter

	mu       sync.RWMutex
	sessions map[string]*session
	// opening are the ids of sessions that are being opened.
	opening map[string]struct{}
	// departed are sessions that went to other edges a moment ago.
	departed map[string]*departure
	// emptied is closed when the last session has gone; nil: nobody waits.
	emptied chan struct{}
}

// New makes a manager without sessions.
func New(options Options) *Manager {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{
		edge: options.Edge, options: options, limits: options.Limits.withDefaults(),
		now: options.Now, log: options.Logger, metrics: newMetrics(options.Registerer),
		sessions:    make(map[string]*session),
		opening:     make(map[string]struct{}),
		departed:    make(map[string]*departure),
		disposition: []sipstack.Header{sipstack.NewHeader("Content-Disposition", "signal;handling=required")},
	}
	m.withDisposition = sipstack.WithHeader(m.disposition...)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	m.base.Store(&ended)
	return m
}

// Serve sets the context of all calls that the manager makes from now on. Call
// it before the endpoint runs.
func (m *Manager) Serve(ctx context.Context) { m.base.Store(&ctx) }

// SetDraining makes the manager refuse further sessions.
func (m *Manager) SetDraining() { m.draining.Store(true) }

// Count is the number of sessions that this edge holds.
func (m *Manager) Count() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.sessions)
}

// Close stops the timers of all sessions and drops their events, without a
// word to applications, whose dialogs another edge may take over.
func (m *Manager) Close() {
	for _, s := range m.all() {
		s.stop()
	}
}

// EndAll ends all sessions by BYE.
func (m *Manager) EndAll(reason string) {
	for _, s := range m.all() {
		s.bye(sessionv1.EndReason_END_REASON_DRAINED, reason)
	}
}

func (m *Manager) all() []*session {
	m.mu.RLock()
	defer m.mu.RUnlock()
	sessions := make([]*session, 0, len(m.sessions))
	for _, s := range m.sessions {
		sessions = append(sessions, s)
	}
	return sessions
}

func (m *Manager) find(id string) (*session, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.sessions[id]
	return s, ok
}

// reserve makes room for a session that is being opened; false: there is none.
func (m *Manager) reserve(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.sessions)+len(m.opening) >= m.limits.Sessions {
		return false
	}
	m.opening[id] = struct{}{}
	return true
}

func (m *Manager) unreserve(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.opening, id)
}

func (m *Manager) isOpening(id string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, opening := m.opening[id]
	return opening
}

func (m *Manager) add(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.id] = s
	delete(m.departed, s.id)
	m.metrics.sessions.Set(float64(len(m.sessions)))
}

// remove forgets s; false: it was forgotten before.
func (m *Manager) remove(s *session) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions[s.id] != s {
		return false
	}
	delete(m.sessions, s.id)
	m.metrics.sessions.Set(float64(len(m.sessions)))
	if len(m.sessions) == 0 && m.emptied != nil {
		close(m.emptied)
		m.emptied = nil
	}
	return true
}

// WaitAnswered returns when no request of an application waits for its answer, or
// with the context.
func (m *Manager) WaitAnswered(ctx context.Context) { m.serving.Wait(ctx) }

// WaitEmpty returns when no session is left, or with the context's error.
func (m *Manager) WaitEmpty(ctx context.Context) error {
	m.mu.Lock()
	if len(m.sessions) == 0 {
		m.mu.Unlock()
		return nil
	}
	if m.emptied == nil {
		m.emptied = make(chan struct{})
	}
	emptied := m.emptied
	m.mu.Unlock()
	select {
	case <-emptied:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Manager) callContext(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(*m.base.Load(), limit)
}

// lastingContext is that of calls which must be made although the edge is
// about to end, so that another one knows what happened.
func (m *Manager) lastingContext(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(*m.base.Load()), limit)
}

func (m *Manager) service(sessionID string) sessionv1.SessionServiceClient {
	return m.options.Sessions.Sessions(sessionID)
}

// Allow are the methods that an application may use in and for a dialog.
var allow = []sipstack.RequestMethod{
	sipstack.INVITE, sipstack.ACK, sipstack.CANCEL, sipstack.BYE, sipstack.INFO, sipstack.UPDATE, sipstack.OPTIONS,
}

// RespondOptions answers OPTIONS to the edge or in a dialog.
func (m *Manager) RespondOptions(tx *sipstack.ServerTx) {
	_ = tx.RespondOptions(allow, []string{ContentType}, []string{"timer"})
}
