// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/sipstack"
)

// HandleUnknownDialog takes the dialog of a request over from the edge that
// held it. The session id is the user part of the Contact that the 200 gave
// the application. nil: there is no such dialog.
func (m *Manager) HandleUnknownDialog(tx *sipstack.ServerTx) *sipstack.Dialog {
	id := tx.Request().Recipient.User
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != 16 {
		return nil
	}
	ctx, cancel := m.callContext(m.limits.StoreTimeout)
	defer cancel()
	entry, err := m.options.Dialogs.Get(ctx, id)
	if err != nil {
		if !errors.Is(err, bus.ErrNotFound) {
			m.storeFailed("read", id, err)
		}
		m.metrics.takeovers.WithLabelValues("unknown").Inc()
		return nil
	}
	record := entry.Value
	if !sameDialog(record, tx.Request()) || !record.GetExpires().AsTime().After(m.now()) {
		m.metrics.takeovers.WithLabelValues("mismatch").Inc()
		return nil
	}
	if m.draining.Load() {
		// The next edge is asked once this one is gone.
		m.metrics.takeovers.WithLabelValues("draining").Inc()
		if tx.Flow().Network == "udp" && tx.Request().Method != sipstack.INVITE {
			tx.Ignore()
		} else {
			_ = tx.RejectBusy(time.Second)
		}
		return nil
	}
	s, record := m.fetch(record, tx.Flow())
	if s != nil {
		return s.dialog.Load()
	}
	s, err = m.restore(record, tx.Flow())
	if err != nil {
		m.metrics.takeovers.WithLabelValues("failed").Inc()
		m.log.Warn("take dialog over", "session_id", id, "error", err)
		return nil
	}
	if !s.adopt() {
		m.metrics.takeovers.WithLabelValues("ended").Inc()
		return nil
	}
	d := s.dialog.Load()
	m.putRecord(s, d)
	s.armProbe()
	m.metrics.takeovers.WithLabelValues("taken").Inc()
	return d
}

// Restore goes on with the dialogs that this edge held before it was started
// anew, so that events reach their applications at once. Call it before the
// endpoint runs, so that no dialog is there twice, and the function that it
// returns afterwards: it writes their records.
func (m *Manager) Restore(ctx context.Context) (record func(), err error) {
	entries, err := m.options.Dialogs.List(ctx, ">")
	if err != nil {
		return func() {}, err
	}
	type restored struct {
		s        *session
		revision uint64
	}
	var all []restored
	for _, entry := range entries {
		record := entry.Value
		if record.GetEdge() != m.edge || !record.GetExpires().AsTime().After(m.now()) {
			continue
		}
		flow, ok := readFlow(record.GetFlow())
		if !ok {
			continue
		}
		s, err := m.restore(record, flow)
		if err != nil {
			m.log.Warn("restore dialog", "session_id", record.GetSessionId(), "error", err)
			continue
		}
		s.adopted.Store(true)
		s.armProbe()
		all = append(all, restored{s, entry.Revision})
	}
	return func() {
		for _, r := range all {
			m.updateRecord(r.s, r.s.dialog.Load(), r.revision)
		}
	}, nil
}

func (m *Manager) restore(record *statev1.DialogRecord, flow sipstack.Flow) (*session, error) {
	return m.restoreWith(record, flow, func(s *session) { s.delivered.incomplete = true })
}

// restoreWith makes a session of a record; prepare is called before anything is
// sent or delivered.
func (m *Manager) restoreWith(record *statev1.DialogRecord, flow sipstack.Flow, prepare func(*session)) (*session, error) {
	s := m.newSession(record.GetSessionId(), flow)
	s.peerTimer = record.GetPeerTimer()
	s.expires = seconds(record.GetSessionExpiresSeconds())
	s.minSE = min(s.expires, leastSE)
	s.deadline = record.GetExpires().AsTime()
	s.start(record.GetMessagesLostBody())
	prepare(s)
	m.add(s)
	d, err := m.options.Endpoint.RestoreDialog(dialogState(record, flow), s)
	if err != nil {
		s.stop()
		m.remove(s)
		return nil, err
	}
	s.setDialog(d)
	return s, nil
}

// adopt tells csta-session that this edge holds the dialog now. False: the
// session has ended meanwhile, and the dialog is forgotten. Where csta-session
// can't be reached the next request tries again.
func (s *session) adopt() bool {
	d := s.dialog.Load()
	s.mu.Lock()
	left := s.deadline.Sub(s.m.now())
	s.mu.Unlock()
	_, err := s.refresh(nil, left, remoteTarget(d), peerOf(d.Flow()))
	switch {
	case err == nil:
		s.adopted.Store(true)
	case status.Code(err) == codes.NotFound:
		s.stop()
		s.m.remove(s)
		d.Reset()
		s.m.deleteRecord(s.id)
		return false
	default:
		s.m.log.Warn("adopt session", "session_id", s.id, "error", err)
	}
	return true
}

func sameDialog(record *statev1.DialogRecord, req *sipstack.Request) bool {
	return record.GetCallId() == sipstack.HeaderValue(req, "Call-ID") &&
		record.GetLocalTag() == tagOf(req, "To") && record.GetRemoteTag() == tagOf(req, "From")
}

func tagOf(req *sipstack.Request, header string) string {
	addr, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, header))
	if err != nil {
		return ""
	}
	return addr.Params["tag"]
}
