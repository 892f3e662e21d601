// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"sync"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/targetconfig"
)

// rightsOn are what a user may do with a line: its own rights within what the
// line allows.
func rightsOn(user *targetconfig.User, line *targetconfig.Line) targetconfig.Rights {
	if user == nil || line == nil {
		return targetconfig.Rights{}
	}
	rights := user.Rights(line.GetNumber())
	return targetconfig.Rights{
		Monitor: rights.Monitor && line.GetWatch(),
		Control: rights.Control && line.GetControl(),
	}
}

// rightsIn are a user's rights on a line, by names, in a snapshot.
func rightsIn(snapshot *targetconfig.Snapshot, target, user, number string) targetconfig.Rights {
	found, ok := snapshot.TargetByName(target)
	if !ok {
		return targetconfig.Rights{}
	}
	account, _ := found.User(user)
	line, _ := found.Line(number)
	return rightsOn(account, line)
}

// mayHold reports whether a session may exist. One whose target is not there
// may, unless the target was seen to go: its configuration may be refused now
// and come back.
func (s *Server) mayHold(record *statev1.SessionRecord) bool {
	snapshot := s.options.Targets.Snapshot()
	target, ok := snapshot.TargetByName(record.GetTarget())
	if !ok {
		return !s.withdrawn.has(record.GetTarget())
	}
	if record.GetLine() == "" { // a session manager's
		user, _ := target.User(record.GetUser())
		return hasManager(user)
	}
	rights := rightsIn(snapshot, record.GetTarget(), record.GetUser(), record.GetLine())
	return rights.Monitor || rights.Control
}

// withdrawn is the set of targets that were seen to go and have not come back.
type withdrawn struct {
	mu    sync.Mutex
	names map[string]struct{}
}

func (w *withdrawn) has(target string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.names[target]
	return ok
}

func (w *withdrawn) change(before, after *targetconfig.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, target := range before.Targets() {
		if _, still := after.TargetByName(target.Name); !still {
			if w.names == nil {
				w.names = make(map[string]struct{})
			}
			w.names[target.Name] = struct{}{}
		}
	}
	for _, target := range after.Targets() {
		delete(w.names, target.Name)
	}
}

// configurationChanged wakes enforceRights.
func (s *Server) configurationChanged(before, after *targetconfig.Snapshot) {
	s.withdrawn.change(before, after)
	s.targetStatusChanged(before, after)
	select {
	case s.recheck <- struct{}{}:
	default:
	}
}

// enforceRights ends sessions whose line, user or rights are gone, and monitors
// whose line the user may not monitor any more.
func (s *Server) enforceRights(ctx context.Context) error {
	if err := s.store.WaitSynced(ctx); err != nil {
		return err
	}
	if source, ok := s.options.Targets.(interface{ WaitSynced(context.Context) error }); ok {
		if err := source.WaitSynced(ctx); err != nil {
			return err
		}
	}
	s.endRevoked(ctx) // what was revoked while nobody looked
	for {
		select {
		case <-s.recheck:
			s.endRevoked(ctx)
			s.stopRevokedMonitors(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) endRevoked(ctx context.Context) {
	revoked := func(record *statev1.SessionRecord) bool { return !s.mayHold(record) }
	for _, record := range s.store.All() {
		if !revoked(record) {
			continue
		}
		if _, err := s.end(ctx, record.GetSessionId(), sessionv1.EndReason_END_REASON_REVOKED, revoked); err != nil {
			s.log.Warn("end revoked session", "session_id", record.GetSessionId(), "error", err)
		}
	}
}

// stopRevokedMonitors stops monitors on lines that their user may not monitor
// any more, and tells the applications. Sessions live on.
func (s *Server) stopRevokedMonitors(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	list, err := s.options.Clients.Monitor("").ListMonitors(bounded, &monitorv1.ListMonitorsRequest{})
	cancel()
	if err != nil {
		s.log.Warn("list monitors", "error", err)
		return
	}
	snapshot := s.options.Targets.Snapshot()
	for _, monitor := range list.GetMonitors() {
		record, err := s.store.Get(ctx, monitor.GetSessionId())
		if err != nil {
			continue
		}
		_, there := snapshot.TargetByName(monitor.GetTarget())
		switch {
		case !there:
		case monitor.GetCallId() != "":
			s.tasks.add(func(ctx context.Context) { s.revokeCallMonitor(ctx, record, monitor) })
		case !rightsIn(snapshot, monitor.GetTarget(), record.GetUser(), monitor.GetDeviceId()).Monitor:
			s.tasks.add(func(ctx context.Context) { s.revokeMonitor(ctx, record, monitor) })
		}
	}
}

// revokeCallMonitor stops a monitor on a call that has no party that the user
// may monitor. Where the parties cannot be told, it stays: it ends with the
// call.
func (s *Server) revokeCallMonitor(ctx context.Context, record *statev1.SessionRecord, monitor *monitorv1.Monitor) {
	c, err := s.newCall(record)
	if err != nil {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	snapshot, err := c.phones.SnapshotCall(bounded, &phonecontrolv1.SnapshotCallRequest{
		Target: monitor.GetTarget(), SnapshotObject: &ctiv1.ConnectionID{CallId: monitor.GetCallId()},
	})
	if err != nil {
		return
	}
	if _, err := c.partyWith(mayMonitor, snapshot, roleSubject); err != nil {
		s.revokeMonitor(ctx, record, monitor)
	}
}

func (s *Server) revokeMonitor(ctx context.Context, record *statev1.SessionRecord, monitor *monitorv1.Monitor) {
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	id, crossRef := record.GetSessionId(), monitor.GetMonitorCrossRefId()
	_, err := s.options.Clients.Monitor(id).StopMonitor(ctx, &monitorv1.StopMonitorRequest{SessionId: id, MonitorCrossRefId: crossRef})
	if isUnknownMonitor(err) {
		return // another replica, or the application itself, was first
	}
	if err != nil {
		s.log.Warn("stop revoked monitor", "session_id", id, "xref", crossRef, "error", err)
		return
	}
	s.log.Info("monitor revoked", "session_id", id, "user", record.GetUser(),
		"target", monitor.GetTarget(), "line", monitor.GetDeviceId(), "xref", crossRef)
	_, err = s.options.Clients.Edge(record.GetEdge()).Deliver(ctx, &edgev1.DeliverRequest{
		Head:       csta.Append(nil, &csta.MonitorStop{MonitorCrossRefID: csta.MonitorCrossRefID(crossRef)}, csta.Edition(record.GetEdition())),
		Recipients: []*edgev1.Recipient{{SessionId: id}},
	})
	if err != nil {
		s.log.Warn("tell revoked monitor", "session_id", id, "xref", crossRef, "error", err)
	}
}

func isUnknownMonitor(err error) bool {
	answer := ctierr.FromError(err)
	return answer != nil && answer.Value == string(csta.OperationInvalidMonitorCrossRefID)
}
