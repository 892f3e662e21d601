// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"fmt"
	"time"

	"offhook.dev/services/skinny"
)

// ReportKind says what happened at a phone.
type ReportKind string

// Kinds of report.
const (
	Registered         ReportKind = "registered"
	RegistrationFailed ReportKind = "registration failed"
	ServerLost         ReportKind = "lost its server"
	IncomingCall       ReportKind = "rings"
	OutgoingCall       ReportKind = "calls"
	FarEndRings        ReportKind = "hears it ring"
	CallConnected      ReportKind = "connected"
	CallHeld           ReportKind = "holds"
	CallFailed         ReportKind = "can't reach it"
	CallElsewhere      ReportKind = "sees the call at another phone"
	CallEnded          ReportKind = "call ended"
	MessageShown       ReportKind = "shows"
	MessagesWaiting    ReportKind = "has messages waiting"
	NoMessagesWaiting  ReportKind = "has no messages waiting"
)

// Report is one thing that happened at a phone.
type Report struct {
	Kind   ReportKind
	Phone  string
	Peer   string
	Detail string
	Time   time.Time
}

// String is a line for people.
func (r Report) String() string {
	text := fmt.Sprintf("phone %s %s", r.Phone, r.Kind)
	if r.Peer != "" {
		text += " (" + r.Peer + ")"
	}
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

func (p *Phone) report(kind ReportKind, call *Call, detail string) {
	p.tell(reportOf(kind, call, detail))
}

func (p *Phone) tell(report Report) {
	if p.options.Report == nil {
		return
	}
	report.Phone, report.Time = p.options.DeviceName, time.Now()
	p.options.Report(report)
}

func reportOf(kind ReportKind, call *Call, detail string) Report {
	report := Report{Kind: kind, Detail: detail}
	if call != nil {
		report.Peer = call.Peer().Number
	}
	return report
}

// toReport is what a message that was obeyed changed.
func (s *screen) toReport(message skinny.Message) []Report {
	switch m := message.(type) {
	case *skinny.CallState:
		if m.State == skinny.StateOnHook {
			return s.reportEnd()
		}
		return s.reportCall(m.Call)
	case *skinny.CallInfo:
		return s.reportCall(m.Call)
	case *skinny.CallInfoDynamic:
		return s.reportCall(m.Call)
	case *skinny.DisplayNotify, *skinny.DisplayNotifyDynamic:
		return []Report{{Kind: MessageShown, Detail: s.notify}}
	case *skinny.DisplayPriNotify:
		return []Report{{Kind: MessageShown, Detail: skinny.Readable(m.Text)}}
	case *skinny.DisplayPriNotifyDynamic:
		return []Report{{Kind: MessageShown, Detail: skinny.Readable(m.Text)}}
	case *skinny.SetLamp:
		if m.Stimulus != skinny.StimulusVoiceMail || (m.Mode != skinny.LampOff) == s.waiting {
			return nil
		}
		s.waiting = !s.waiting
		if s.waiting {
			return []Report{{Kind: MessagesWaiting}}
		}
		return []Report{{Kind: NoMessagesWaiting}}
	}
	return nil
}

// reportCall reports a new state, once; that of a call that comes in when it is
// known who calls.
func (s *screen) reportCall(name skinny.Call) []Report {
	call := s.call(name)
	if call == nil || call.State == call.reported {
		return nil
	}
	var kind ReportKind
	switch call.State {
	case skinny.StateRingIn, skinny.StateCallWaiting:
		if !call.informed {
			return nil
		}
		kind = IncomingCall
	case skinny.StateProceed:
		if !call.informed {
			return nil
		}
		kind = OutgoingCall
	case skinny.StateRingOut:
		kind = FarEndRings
	case skinny.StateConnected:
		kind = CallConnected
	case skinny.StateHold:
		kind = CallHeld
	case skinny.StateBusy, skinny.StateCongestion, skinny.StateInvalidNumber:
		kind = CallFailed
	case skinny.StateRemoteMultiline:
		kind = CallElsewhere
	default:
		return nil
	}
	call.reported = call.State
	detail := ""
	if kind == CallFailed {
		detail = call.State.String()
	}
	return []Report{reportOf(kind, &call.Call, detail)}
}

// reportEnd reports the call that ended last.
func (s *screen) reportEnd() []Report {
	ended := s.justEnded
	s.justEnded = nil
	if ended == nil || ended.reported == 0 {
		return nil
	}
	return []Report{reportOf(CallEnded, &ended.Call, "")}
}
