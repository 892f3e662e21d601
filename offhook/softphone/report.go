// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"fmt"
	"time"
)

// ReportKind says what happened at a phone.
type ReportKind string

// Kinds of report.
const (
	Registered         ReportKind = "registered"
	RegistrationFailed ReportKind = "registration failed"
	IncomingCall       ReportKind = "rings"
	OutgoingCall       ReportKind = "calls"
	FarEndRings        ReportKind = "hears it ring"
	CallConnected      ReportKind = "connected"
	HeldByPeer         ReportKind = "held by the other side"
	ResumedByPeer      ReportKind = "resumed by the other side"
	HeldHere           ReportKind = "holds"
	ResumedHere        ReportKind = "resumes"
	ChangeRefused      ReportKind = "can't hold or resume"
	CallEnded          ReportKind = "call ended"
	DigitReceived      ReportKind = "digit"
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
