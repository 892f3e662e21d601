// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// maxDeviceTexts bounds the device texts of a monitor. When full, any other
// than that of the monitored line gives way.
const maxDeviceTexts = 64

// SetDeviceText implements MonitorServiceServer. Events read after it returns
// name the device so; a session without monitors is no error.
func (s *Server) SetDeviceText(ctx context.Context, request *monitorv1.SetDeviceTextRequest) (*monitorv1.SetDeviceTextResponse, error) {
	number, text := request.GetDeviceId(), request.GetDeviceText()
	if number == "" || text == "" {
		return nil, status.Error(codes.InvalidArgument, "device and text are required")
	}
	for _, m := range s.replaceTexts(request.GetSessionId(), number, text) {
		if err := s.store(ctx, m); err != nil {
			return nil, err
		}
	}
	return &monitorv1.SetDeviceTextResponse{}, nil
}

// changed is a record that memory has and the bucket has not.
type changed struct {
	record   *statev1.MonitorRecord
	revision uint64
}

// store writes a changed record, unless the monitor was stopped meanwhile.
func (s *Server) store(ctx context.Context, m changed) error {
	id, crossRef := m.record.GetSessionId(), m.record.GetMonitorCrossRefId()
	revision, err := s.options.Monitors.Update(ctx, recordKey(id, crossRef), m.record, m.revision)
	s.index.Lock()
	defer s.index.Unlock()
	known := s.index.get(id, crossRef)
	switch {
	case known == nil:
		return nil
	case err != nil:
		return status.Errorf(codes.Unavailable, "store monitor: %v", err)
	case known.record == m.record:
		known.revision = revision
	}
	return nil
}

// replaceTexts changes the monitors in memory and gives the records to store.
func (s *Server) replaceTexts(sessionID, number, text string) []changed {
	s.index.Lock()
	defer s.index.Unlock()
	session := s.index.sessions[sessionID]
	if session == nil {
		return nil
	}
	var records []changed
	for _, old := range session.monitors {
		if old.names().Writes(number, text) {
			continue
		}
		record, ok := proto.Clone(old.record).(*statev1.MonitorRecord)
		if !ok {
			continue
		}
		setText(record, number, text)
		m := newMonitor(record, old.revision)
		m.from, m.movedTo = old.from, old.movedTo
		s.index.put(m, s.options.Partition.Mine)
		records = append(records, changed{record, old.revision})
	}
	return records
}

func setText(record *statev1.MonitorRecord, number, text string) {
	if record.DeviceTexts == nil {
		record.DeviceTexts = make(map[string]string)
	}
	if _, known := record.DeviceTexts[number]; !known && len(record.DeviceTexts) >= maxDeviceTexts {
		for other := range record.DeviceTexts {
			if other != record.GetDeviceId() {
				delete(record.DeviceTexts, other)
				break
			}
		}
	}
	record.DeviceTexts[number] = text
}
