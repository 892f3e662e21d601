// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
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

// mayHold reports whether a session may exist.
func (s *Server) mayHold(record *statev1.SessionRecord) bool {
	rights := rightsIn(s.options.Targets.Snapshot(), record.GetTarget(), record.GetUser(), record.GetLine())
	return rights.Monitor || rights.Control
}

// configurationChanged wakes enforceRights.
func (s *Server) configurationChanged(_, _ *targetconfig.Snapshot) {
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

func (s *Server) stopRevokedMonitors(ctx context.Context) {
	for _, record := range s.store.All() {
		id := record.GetSessionId()
		s.tasks.add(func(ctx context.Context) { s.stopMonitorsWithoutRight(ctx, id) })
	}
}

func (s *Server) stopMonitorsWithoutRight(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	record, err := s.store.Get(ctx, id)
	if err != nil {
		return
	}
	client := s.options.Clients.Monitor(id)
	list, err := client.ListMonitors(ctx, &monitorv1.ListMonitorsRequest{SessionId: id})
	if err != nil {
		s.log.Warn("list monitors", "session_id", id, "error", err)
		return
	}
	snapshot := s.options.Targets.Snapshot()
	for _, monitor := range list.GetMonitors() {
		if rightsIn(snapshot, monitor.GetTarget(), record.GetUser(), monitor.GetDeviceId()).Monitor {
			continue
		}
		_, err := client.StopMonitor(ctx, &monitorv1.StopMonitorRequest{
			SessionId: id, MonitorCrossRefId: monitor.GetMonitorCrossRefId(),
		})
		if err != nil {
			s.log.Warn("stop revoked monitor", "session_id", id, "xref", monitor.GetMonitorCrossRefId(), "error", err)
			continue
		}
		s.log.Info("monitor revoked", "session_id", id, "user", record.GetUser(),
			"target", monitor.GetTarget(), "line", monitor.GetDeviceId(), "xref", monitor.GetMonitorCrossRefId())
	}
}
