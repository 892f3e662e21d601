// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/sipstack"
)

// cseqJump is how far the local CSeq of a dialog jumps when another process
// goes on with it: records are not written per INFO.
const cseqJump = 10000

func (m *Manager) putRecord(s *session, d *sipstack.Dialog) {
	if s.left() != "" {
		return // the other edge's
	}
	m.writeRecord(m.recordOf(s, d))
}

func (m *Manager) writeRecord(record *statev1.DialogRecord) {
	ctx, cancel := m.lastingContext(m.limits.StoreTimeout)
	defer cancel()
	_, err := m.options.Dialogs.Put(ctx, record.GetSessionId(), record)
	m.storeFailed("write", record.GetSessionId(), err)
}

// left is the edge that the session was left to; empty: it is held here.
func (s *session) left() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leftTo
}

// updateRecord is putRecord where nobody has written or deleted the record
// since it was read.
func (m *Manager) updateRecord(s *session, d *sipstack.Dialog, revision uint64) {
	ctx, cancel := m.lastingContext(m.limits.StoreTimeout)
	defer cancel()
	_, err := m.options.Dialogs.Update(ctx, s.id, m.recordOf(s, d), revision)
	if !errors.Is(err, bus.ErrConflict) {
		m.storeFailed("write", s.id, err)
	}
}

func (m *Manager) recordOf(s *session, d *sipstack.Dialog) *statev1.DialogRecord {
	s.mu.Lock()
	deadline := s.deadline
	s.mu.Unlock()
	state := d.State()
	return &statev1.DialogRecord{
		SessionId: s.id, Edge: m.edge,
		CallId: state.CallID, LocalTag: state.LocalTag, RemoteTag: state.RemoteTag,
		LocalUri: state.LocalURI, RemoteUri: state.RemoteURI, LocalContact: state.LocalContact,
		RemoteTarget: state.RemoteTarget, RouteSet: state.RouteSet,
		LocalCseq: state.LocalCSeq, RemoteCseq: state.RemoteCSeq, Flow: writeFlow(state.Flow),
		SessionExpiresSeconds: uint32(s.expires / time.Second), WeRefresh: state.WeRefresh,
		Expires: timestamppb.New(deadline), MessagesLostBody: s.lostBody, PeerTimer: s.peerTimer,
	}
}

func (m *Manager) deleteRecord(id string) {
	ctx, cancel := m.lastingContext(m.limits.StoreTimeout)
	defer cancel()
	m.storeFailed("delete", id, m.options.Dialogs.Delete(ctx, id))
}

func (m *Manager) storeFailed(what, id string, err error) {
	if err != nil {
		m.metrics.storeErrors.Inc()
		m.log.Warn("keep dialog record", "operation", what, "session_id", id, "error", err)
	}
}

// movedAway tells whether another edge has taken the dialog over.
func (m *Manager) movedAway(id string) bool {
	ctx, cancel := m.lastingContext(m.limits.StoreTimeout)
	defer cancel()
	entry, err := m.options.Dialogs.Get(ctx, id)
	if err != nil {
		if !errors.Is(err, bus.ErrNotFound) {
			m.storeFailed("read", id, err)
		}
		return false
	}
	return entry.Value.GetEdge() != m.edge
}

// dialogState is what the endpoint needs to go on with a recorded dialog over
// a flow.
func dialogState(r *statev1.DialogRecord, flow sipstack.Flow) sipstack.DialogState {
	state := sipstack.DialogState{
		CallID: r.GetCallId(), LocalTag: r.GetLocalTag(), RemoteTag: r.GetRemoteTag(),
		LocalURI: r.GetLocalUri(), RemoteURI: r.GetRemoteUri(), LocalContact: r.GetLocalContact(),
		RemoteTarget: r.GetRemoteTarget(), RouteSet: r.GetRouteSet(),
		LocalCSeq: r.GetLocalCseq() + cseqJump, RemoteCSeq: r.GetRemoteCseq(), UAS: true, Flow: flow,
		WeRefresh: r.GetWeRefresh(),
	}
	if r.GetPeerTimer() {
		state.SessionExpires = seconds(r.GetSessionExpiresSeconds())
	}
	return state
}

func writeFlow(f sipstack.Flow) string { return f.Network + " " + f.Local + " " + f.Remote }

func readFlow(text string) (sipstack.Flow, bool) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return sipstack.Flow{}, false
	}
	return sipstack.Flow{Network: parts[0], Local: parts[1], Remote: parts[2]}, true
}
