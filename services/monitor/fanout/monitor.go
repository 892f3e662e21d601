// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"sync/atomic"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/monitor/eventxml"
)

// lineKey is what a device monitor watches.
type lineKey struct{ target, device string }

// callKey is what a call monitor watches.
type callKey struct{ target, call string }

// form is a way of writing events: monitors of one form, and without exact
// texts of the devices of an event, get the same bytes.
type form struct {
	edition csta.Edition
	names   deviceid.Form
	basic   bool
	// permitted: what may be done is told.
	permitted bool
}

// monitor is one monitor in memory. All but the counters change under the
// index's lock only.
type monitor struct {
	record  *statev1.MonitorRecord
	session *session
	// revision of the record in the bucket; zero while it is being created.
	revision uint64
	// recipient is shared by all deliveries.
	recipient *edgev1.Recipient
	form      form
	// group numbers the form, the same for equal forms.
	group    int
	texts    map[string]string
	excluded eventxml.Set
	// from is the first event number to report. loaded: the monitor was there when
	// this replica began, so that an event below from says that numbers have begun
	// anew.
	from   uint64
	loaded bool
	// movedTo is the call that the monitor's call became; empty: it did not.
	movedTo string

	counters *counters
}

// counters outlive the replacement of a monitor by a newer record.
type counters struct {
	sent, dropped atomic.Uint64
	lastState     atomic.Int32
}

// session is what monitors of one session share.
type session struct {
	id       string
	edge     string
	edition  csta.Edition
	mine     bool
	monitors map[string]*monitor
	// behind: the session has come here, or its dialog to another edge; it gets
	// no new event before the recent ones were given again.
	behind bool
	// missed: the edge did not hold the session when events came. It is behind when
	// its record is written next, as an edge that takes the dialog over does.
	missed bool
	// unsure: nobody may have served the session before this replica began.
	unsure bool
	// orphaned counts looks at which the session was not in its bucket.
	orphaned int
}

func newMonitor(record *statev1.MonitorRecord, revision uint64) *monitor {
	formText := record.GetFormText()
	if formText == "" {
		formText = record.GetDeviceText()
	}
	shape := form{
		edition:   csta.Edition(record.GetEdition()),
		basic:     record.GetBasicMode(),
		permitted: record.GetPermitted(),
	}
	if !record.GetSuppressConversion() {
		shape.names = deviceid.FormOf(formText)
	}
	texts := exactTexts(record, shape.names)
	excluded := eventxml.NewSet(record.GetFilteredOut())
	if shape.basic {
		excluded |= eventxml.BeyondBasic()
	}
	return &monitor{
		record:   record,
		revision: revision,
		recipient: &edgev1.Recipient{
			SessionId:         record.GetSessionId(),
			MonitorCrossRefId: string(csta.AppendEscaped(nil, record.GetMonitorCrossRefId())),
		},
		form:     shape,
		texts:    texts,
		excluded: excluded,
		from:     record.GetFromNumber(),
		counters: &counters{},
	}
}

// exactTexts are the texts that the form does not write itself; nil: none.
func exactTexts(record *statev1.MonitorRecord, names deviceid.Form) map[string]string {
	var texts map[string]string
	set := func(number, text string) {
		if text == "" || names.Write(number) == text {
			return
		}
		if texts == nil {
			texts = make(map[string]string)
		}
		texts[number] = text
	}
	if _, told := record.GetDeviceTexts()[record.GetDeviceId()]; !told {
		set(record.GetDeviceId(), record.GetDeviceText())
	}
	for number, text := range record.GetDeviceTexts() {
		if !record.GetSuppressConversion() || number == record.GetDeviceId() {
			set(number, text)
		}
	}
	return texts
}

// ofCalls reports whether the monitor follows calls: one, or all of its line,
// whoever is in them.
func (m *monitor) ofCalls() bool { return m.record.GetCallType() || m.record.GetCallId() != "" }

func (m *monitor) call(id string) callKey { return callKey{m.record.GetTarget(), id} }

func (m *monitor) line() lineKey {
	return lineKey{m.record.GetTarget(), m.record.GetDeviceId()}
}

func (m *monitor) names() deviceid.Names {
	return deviceid.Names{Form: m.form.names, Texts: m.texts}
}

// recordKey is where a monitor lies in the bucket.
func recordKey(sessionID, crossRef string) string { return sessionID + "." + crossRef }
