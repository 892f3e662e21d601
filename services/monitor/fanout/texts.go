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
	for _, record := range s.replaceTexts(request.GetSessionId(), number, text) {
		key := recordKey(record.GetSessionId(), record.GetMonitorCrossRefId())
		revision, err := s.options.Monitors.Put(ctx, key, record)
		if err != nil {
			return nil, status.Errorf(codes.Unavailable, "store monitor: %v", err)
		}
		s.index.Lock()
		if m := s.index.get(record.GetSessionId(), record.GetMonitorCrossRefId()); m != nil && m.record == record {
			m.revision = revision
		}
		s.index.Unlock()
	}
	return &monitorv1.SetDeviceTextResponse{}, nil
}

// replaceTexts changes the monitors in memory and gives the records to store.
func (s *Server) replaceTexts(sessionID, number, text string) []*statev1.MonitorRecord {
	s.index.Lock()
	defer s.index.Unlock()
	session := s.index.sessions[sessionID]
	if session == nil {
		return nil
	}
	var records []*statev1.MonitorRecord
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
		m.from = old.from
		s.index.put(m, s.options.Partition.Mine)
		records = append(records, record)
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
