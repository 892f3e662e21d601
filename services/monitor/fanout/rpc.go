// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/bus"
	"offhook.dev/services/ctierr"
)

// crossRefTries bounds how often another monitorCrossRefID is tried because the
// session has had the one chosen.
const crossRefTries = 4

// StartMonitor implements MonitorServiceServer. The monitor reports every event
// that is stored after the call began.
func (s *Server) StartMonitor(ctx context.Context, request *monitorv1.StartMonitorRequest) (*monitorv1.StartMonitorResponse, error) {
	if request.GetSessionId() == "" || request.GetTarget() == "" || request.GetEdge() == "" {
		return nil, status.Error(codes.InvalidArgument, "session, target and edge are required")
	}
	if (request.GetDeviceId() == "") == (request.GetCallId() == "") {
		return nil, status.Error(codes.InvalidArgument, "either a device or a call is required")
	}
	if bus.EncodeKey(request.GetSessionId()) != request.GetSessionId() {
		return nil, status.Error(codes.InvalidArgument, "session id is no key")
	}
	last, _, err := s.options.Events.LastEventNumber(ctx, request.GetTarget())
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "read last event number: %v", err)
	}
	for range crossRefTries {
		crossRef, err := s.create(ctx, request, last)
		if errors.Is(err, bus.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &monitorv1.StartMonitorResponse{MonitorCrossRefId: crossRef}, nil
	}
	return nil, status.Error(codes.Unavailable, "no free monitorCrossRefID found")
}

func (s *Server) create(ctx context.Context, request *monitorv1.StartMonitorRequest, last uint64) (string, error) {
	record := newRecord(request)
	id, crossRef := record.GetSessionId(), record.GetMonitorCrossRefId()
	s.index.Lock()
	if err := s.checkLimits(request); err != nil {
		s.index.Unlock()
		return "", err
	}
	if s.index.get(id, crossRef) != nil {
		s.index.Unlock()
		return "", bus.ErrConflict
	}
	record.FromNumber = max(last, s.index.seen[record.GetTarget()]) + 1
	s.index.setEdge(id, record.GetEdge(), false)
	s.index.put(newMonitor(record, 0), s.options.Partition.Mine)
	s.index.Unlock()

	revision, err := s.options.Monitors.Create(ctx, recordKey(id, crossRef), record)
	s.index.Lock()
	defer s.index.Unlock()
	known := s.index.get(id, crossRef)
	switch {
	case err != nil && known != nil && known.revision == 0:
		s.index.remove(id, crossRef)
	case err == nil && known != nil && known.revision < revision:
		known.revision = revision
	}
	if err != nil && !errors.Is(err, bus.ErrConflict) {
		return "", status.Errorf(codes.Unavailable, "store monitor: %v", err)
	}
	return crossRef, err
}

func newRecord(request *monitorv1.StartMonitorRequest) *statev1.MonitorRecord {
	return &statev1.MonitorRecord{
		SessionId:         request.GetSessionId(),
		MonitorCrossRefId: newCrossRef(),
		Target:            request.GetTarget(),
		DeviceId:          request.GetDeviceId(),
		DeviceText:        request.GetDeviceText(),
		Edition:           request.GetEdition(),
		FilteredOut:       request.GetFilteredOut(),
		Edge:              request.GetEdge(),
		BasicMode:         request.GetBasicMode(),
		DeviceTexts:       request.GetDeviceTexts(),
		FormText:          request.GetFormText(),
		CallId:            request.GetCallId(), CallType: request.GetCallType(),
		SuppressConversion: request.GetSuppressConversion(), Permitted: request.GetPermitted(),
	}
}

// newCrossRef is eight hex digits by chance: short, and no replica has to ask
// another.
func newCrossRef() string {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails (Go 1.24)
	return hex.EncodeToString(random[:])
}

// checkLimits wants the index locked.
func (s *Server) checkLimits(request *monitorv1.StartMonitorRequest) error {
	maxSession, maxLine := s.options.MaxSessionMonitors, s.options.MaxLineMonitors
	if limit := request.GetMaxSessionMonitors(); limit > 0 {
		maxSession = int(limit)
	}
	if limit := request.GetMaxLineMonitors(); limit > 0 {
		maxLine = int(limit)
	}
	if session := s.index.sessions[request.GetSessionId()]; session != nil && len(session.monitors) >= maxSession {
		s.metrics.refused.WithLabelValues("session").Inc()
		return ctierr.SystemResource(string(csta.SystemResourceOverallMonitorLimitExceeded),
			"session %s has %d monitors", request.GetSessionId(), len(session.monitors))
	}
	on := len(s.index.lines[lineKey{request.GetTarget(), request.GetDeviceId()}])
	if id := request.GetCallId(); id != "" {
		on = len(s.index.calls[callKey{request.GetTarget(), id}])
	}
	if on >= maxLine {
		s.metrics.refused.WithLabelValues("line").Inc()
		return ctierr.SubscribedResource(string(csta.SubscribedResourceObjectMonitorLimitExceeded),
			"line or call %s%s has %d monitors", request.GetDeviceId(), request.GetCallId(), on)
	}
	return nil
}

// ChangeMonitorFilter implements MonitorServiceServer. Events read after it
// returns are filtered anew.
func (s *Server) ChangeMonitorFilter(ctx context.Context, request *monitorv1.ChangeMonitorFilterRequest) (*monitorv1.ChangeMonitorFilterResponse, error) {
	id, crossRef := request.GetSessionId(), request.GetMonitorCrossRefId()
	s.index.Lock()
	old := s.index.get(id, crossRef)
	if old == nil {
		s.index.Unlock()
		return nil, ctierr.Operation(string(csta.OperationInvalidMonitorCrossRefID), "session %s has no monitor %s", id, crossRef)
	}
	record, _ := proto.Clone(old.record).(*statev1.MonitorRecord)
	record.FilteredOut = request.GetFilteredOut()
	m := newMonitor(record, old.revision)
	m.from, m.movedTo = old.from, old.movedTo
	s.index.put(m, s.options.Partition.Mine)
	s.index.Unlock()
	if err := s.store(ctx, changed{record, old.revision}); err != nil {
		return nil, err
	}
	return &monitorv1.ChangeMonitorFilterResponse{}, nil
}

// StopMonitor implements MonitorServiceServer.
func (s *Server) StopMonitor(ctx context.Context, request *monitorv1.StopMonitorRequest) (*monitorv1.StopMonitorResponse, error) {
	id, crossRef := request.GetSessionId(), request.GetMonitorCrossRefId()
	unknown := ctierr.Operation(string(csta.OperationInvalidMonitorCrossRefID), "session %s has no monitor %s", id, crossRef)
	key := recordKey(id, crossRef)
	if bus.EncodeKey(id) != id || bus.EncodeKey(crossRef) != crossRef || id == "" || crossRef == "" {
		return nil, unknown
	}
	s.index.Lock()
	known := s.index.get(id, crossRef) != nil
	s.index.Unlock()
	if !known {
		// Another replica may have started it a moment ago.
		keys, err := s.options.Monitors.Keys(ctx, key)
		if err != nil {
			return nil, status.Errorf(codes.Unavailable, "find monitor: %v", err)
		}
		if len(keys) == 0 {
			return nil, unknown
		}
	}
	if err := s.delete(ctx, key); err != nil {
		return nil, err
	}
	return &monitorv1.StopMonitorResponse{}, nil
}

// delete removes a monitor from bucket and memory.
func (s *Server) delete(ctx context.Context, key string) error {
	s.index.Lock()
	s.index.removed[key] = struct{}{}
	s.index.Unlock()
	err := s.options.Monitors.Delete(ctx, key)
	s.index.Lock()
	defer s.index.Unlock()
	if err != nil {
		delete(s.index.removed, key)
		return status.Errorf(codes.Unavailable, "delete monitor: %v", err)
	}
	s.index.removeKey(key)
	return nil
}

// EndSession implements MonitorServiceServer. A session without monitors is no
// error.
func (s *Server) EndSession(ctx context.Context, request *monitorv1.EndSessionRequest) (*monitorv1.EndSessionResponse, error) {
	id := request.GetSessionId()
	if id == "" || bus.EncodeKey(id) != id {
		return nil, status.Error(codes.InvalidArgument, "session id is no key")
	}
	if err := s.endSession(ctx, id); err != nil {
		return nil, err
	}
	return &monitorv1.EndSessionResponse{}, nil
}

func (s *Server) endSession(ctx context.Context, id string) error {
	keys, err := s.options.Monitors.Keys(ctx, recordKey(id, "*"))
	if err != nil {
		return status.Errorf(codes.Unavailable, "find monitors: %v", err)
	}
	s.index.Lock()
	if known := s.index.sessions[id]; known != nil {
		for crossRef := range known.monitors {
			if key := recordKey(id, crossRef); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	s.index.Unlock()
	for _, key := range keys {
		if err := s.delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// ListMonitors implements MonitorServiceServer. Counters are those of this
// replica.
func (s *Server) ListMonitors(_ context.Context, request *monitorv1.ListMonitorsRequest) (*monitorv1.ListMonitorsResponse, error) {
	response := &monitorv1.ListMonitorsResponse{}
	s.index.Lock()
	for id, session := range s.index.sessions {
		if request.GetSessionId() != "" && request.GetSessionId() != id {
			continue
		}
		for _, m := range session.monitors {
			response.Monitors = append(response.Monitors, &monitorv1.Monitor{
				SessionId:         id,
				MonitorCrossRefId: m.record.GetMonitorCrossRefId(),
				Target:            m.record.GetTarget(),
				DeviceId:          m.record.GetDeviceId(),
				CallId:            m.record.GetCallId(),
				FilteredOut:       m.record.GetFilteredOut(),
				EventsSent:        m.counters.sent.Load(),
				EventsDropped:     m.counters.dropped.Load(),
				LastState:         ctiv1.LocalConnectionState(m.counters.lastState.Load()),
			})
		}
	}
	s.index.Unlock()
	slices.SortFunc(response.Monitors, func(a, b *monitorv1.Monitor) int {
		return cmp.Or(cmp.Compare(a.GetSessionId(), b.GetSessionId()), cmp.Compare(a.GetMonitorCrossRefId(), b.GetMonitorCrossRefId()))
	})
	return response, nil
}
