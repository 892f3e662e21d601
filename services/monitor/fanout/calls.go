// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/monitor/eventxml"
)

// Monitors that follow calls (ECMA-269, monitor object and monitor type). One on
// a call ends with it. One of type call on a line follows each call that the
// line was in, until that ends; it gets each event of a call once, without
// localConnectionInfo.

// follow lets a monitor follow a call, if it does not yet.
func (x *index) follow(m *monitor, call string) {
	key := m.call(call)
	if !slices.Contains(x.calls[key], m) {
		x.calls[key] = append(x.calls[key], m)
	}
}

func (x *index) replaceInCalls(old, m *monitor) {
	if !old.ofCalls() {
		return
	}
	for key, list := range x.calls {
		at := slices.Index(list, old)
		switch {
		case at < 0:
		case m.ofCalls() && (m.record.GetDeviceId() != "" || key == m.call(m.record.GetCallId())):
			list[at] = m
		default:
			x.unfollow(key, old)
		}
	}
}

func (x *index) removeFromCalls(m *monitor) {
	if !m.ofCalls() {
		return
	}
	for key := range x.calls {
		x.unfollow(key, m)
	}
}

func (x *index) unfollow(key callKey, m *monitor) {
	list := x.calls[key]
	if at := slices.Index(list, m); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(x.calls, key)
		return
	}
	x.calls[key] = list
}

// forgetCalls ends the following of calls that lines were in: what became of
// them is not known.
func (x *index) forgetCalls(target string) {
	for key, list := range x.calls {
		if target != "" && key.target != target {
			continue
		}
		for _, m := range slices.Clone(list) {
			if m.record.GetDeviceId() != "" {
				x.unfollow(key, m)
			}
		}
	}
}

// movedMonitor is a monitor on a call that became another one.
type movedMonitor struct{ sessionID, crossRef string }

// track brings the monitors that follow calls up to an event: what a transfer or
// conference makes of a call, and the lines that are in it. It wants the index
// locked.
func (s *Server) track(target string, event *ctiv1.Event) {
	id := event.GetCallId()
	primary, secondary := eventxml.OldCalls(event)
	for _, old := range [...]string{primary, secondary} {
		if old == "" || old == id {
			continue
		}
		key := callKey{target, old}
		for _, m := range s.index.calls[key] {
			if m.record.GetCallId() == old {
				m = s.moveMonitor(m, id)
			}
			s.index.follow(m, id)
		}
		delete(s.index.calls, key)
	}
	for _, reported := range event.GetReported() {
		for _, m := range s.index.lines[lineKey{target, reported.GetDeviceId()}] {
			if m.record.GetCallType() {
				s.index.follow(m, id)
			}
		}
	}
}

// moveMonitor puts a monitor on the call that its call became. Its record
// follows in the background.
func (s *Server) moveMonitor(old *monitor, call string) *monitor {
	record, ok := proto.Clone(old.record).(*statev1.MonitorRecord)
	if !ok {
		return old
	}
	record.CallId = call
	m := newMonitor(record, old.revision)
	m.from, m.loaded, m.movedTo = old.from, old.loaded, call
	session := old.session
	m.session, m.counters = session, old.counters
	m.group = s.index.useForm(m.form)
	s.index.releaseForm(old.form)
	session.monitors[record.GetMonitorCrossRefId()] = m
	s.storeLater(m)
	return m
}

// storeLater has the call that a monitor went to stored in the background.
func (s *Server) storeLater(m *monitor) {
	if !m.session.mine {
		return
	}
	select {
	case s.moved <- movedMonitor{m.record.GetSessionId(), m.record.GetMonitorCrossRefId()}:
	default: // a replica that takes over finds the old call, which is over
	}
}

// keepCall lets a monitor stay on the call that it went to, where a record from
// before that comes in, and reports whether that is to be stored again.
func keepCall(known, m *monitor) (kept *monitor, again bool) {
	if known == nil || known.movedTo == "" {
		return m, false
	}
	m.movedTo = known.movedTo
	if m.record.GetCallId() == known.movedTo {
		return m, false
	}
	record, ok := proto.Clone(m.record).(*statev1.MonitorRecord)
	if !ok {
		return m, false
	}
	record.CallId = known.movedTo
	kept = newMonitor(record, m.revision)
	kept.movedTo = known.movedTo
	return kept, true
}

// callOver ends the following of a call that is over, and the monitors on it. It
// wants the index locked.
func (s *Server) callOver(target, call string) {
	key := callKey{target, call}
	for _, m := range s.index.calls[key] {
		if m.record.GetCallId() != "" && m.session.mine {
			select {
			case s.over <- recordKey(m.record.GetSessionId(), m.record.GetMonitorCrossRefId()):
			default: // ends with its session
			}
		}
	}
	delete(s.index.calls, key)
}

// keepCalls stores where monitors on calls went, and deletes those whose call is
// over.
func (s *Server) keepCalls(ctx context.Context) error {
	for {
		select {
		case moved := <-s.moved:
			s.storeMoved(ctx, moved)
		case key := <-s.over:
			if err := s.delete(ctx, key); err != nil {
				s.log.Warn("delete monitor of a call that is over", "error", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) storeMoved(ctx context.Context, moved movedMonitor) {
	s.index.Lock()
	m := s.index.get(moved.sessionID, moved.crossRef)
	var written changed
	if m != nil {
		written = changed{m.record, m.revision}
	}
	s.index.Unlock()
	if m == nil {
		return
	}
	// A record that came in between brings the monitor back here.
	if err := s.store(ctx, written); err != nil {
		s.log.Warn("store monitor of a call that was moved", "session_id", moved.sessionID, "error", err)
	}
}
