// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/targetconfig"
)

// maxDeviceTexts bounds the device texts kept of a session. When full, any
// other than that of the session's line gives way.
const maxDeviceTexts = 64

// namesOf writes devices as the client of a session does. With conversion off
// (CME's `cti message device-id suppress-conversion`) it does so for the
// session's own line only; other numbers stay bare.
func namesOf(record *statev1.SessionRecord, target *targetconfig.Target) deviceid.Names {
	if target.Config.GetCsta().GetSuppressDeviceIdConversion() {
		return deviceid.Names{Texts: map[string]string{record.GetLine(): ownText(record)}}
	}
	return convertedNames(record)
}

func convertedNames(record *statev1.SessionRecord) deviceid.Names {
	return deviceid.Names{Form: deviceid.FormOf(record.GetLineText()), Texts: record.GetDeviceTexts()}
}

// ownText is the session's line as the client wrote it last.
func ownText(record *statev1.SessionRecord) string {
	if text, ok := record.GetDeviceTexts()[record.GetLine()]; ok {
		return text
	}
	return record.GetLineText()
}

// learn keeps how the client wrote a device, and tells the monitors before any
// service makes events of it. It does nothing where the client's form says the
// same. A failure costs the exact text only, so that the service goes on.
func (s *Server) learn(ctx context.Context, c *call, number, text string) {
	if number == "" || text == "" || convertedNames(c.session).Writes(number, text) {
		return
	}
	id := c.session.GetSessionId()
	record, err := s.store.Update(ctx, id, func(record *statev1.SessionRecord) bool {
		return learnText(record, number, text)
	})
	if err != nil {
		s.log.Warn("keep device text", "session_id", id, "error", err)
		return
	}
	c.session = record
	_, err = s.options.Clients.Monitor(id).SetDeviceText(ctx, &monitorv1.SetDeviceTextRequest{
		SessionId: id, DeviceId: number, DeviceText: text,
	})
	if err != nil {
		s.log.Warn("tell device text", "session_id", id, "error", err)
	}
}

// learnText reports whether it changed the record. A session opened without a
// line in its body takes its form from the first text that the client writes,
// and again from the first one of its own line.
func learnText(record *statev1.SessionRecord, number, text string) bool {
	if convertedNames(record).Writes(number, text) {
		return false
	}
	if record.DeviceTexts == nil {
		record.DeviceTexts = make(map[string]string)
	}
	_, known := record.DeviceTexts[number]
	switch {
	case known:
	case number == record.GetLine():
		record.LineText = text
	case len(record.DeviceTexts) == 0 && record.GetLine() == "":
		record.LineText = text // a form to write other lines in
	case len(record.DeviceTexts) == 0:
		record.LineText = deviceid.FormOf(text).Write(record.GetLine())
	}
	if !known && len(record.DeviceTexts) >= maxDeviceTexts {
		for other := range record.DeviceTexts {
			if other != record.GetLine() {
				delete(record.DeviceTexts, other)
				break
			}
		}
	}
	record.DeviceTexts[number] = text
	return true
}
