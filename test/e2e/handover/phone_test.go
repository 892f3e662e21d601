// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"testing"
	"time"

	"offhook.dev/offhook/softphone"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

const (
	alerting  = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING
	connected = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED
	hold      = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD
)

// phone is a software phone with its reports.
type phone struct {
	*softphone.Phone
	o       *office
	reports chan softphone.Report
}

// phone registers the phone of the i-th line over "udp" or "tcp". It picks up by
// itself.
func (o *office) phone(i int, transport string) *phone {
	o.t.Helper()
	p := &phone{o: o, reports: make(chan softphone.Report, 200)}
	registrar := o.edge.udp
	if transport == "tcp" {
		registrar = o.edge.tcp
	}
	var err error
	if p.Phone, err = softphone.New(softphone.Settings{
		Number: lineNumber(i), Password: "pw" + lineNumber(i), Domain: domain, Registrar: registrar, Transport: transport,
		AnswerAfter: time.Millisecond, Report: func(report softphone.Report) { p.reports <- report },
	}); err != nil {
		o.t.Fatal(err)
	}
	o.phones = append(o.phones, o.run(p.Run))
	p.await(softphone.Registered)
	return p
}

func (p *phone) await(kind softphone.ReportKind) softphone.Report {
	p.o.t.Helper()
	limit := time.After(patience)
	var others []softphone.Report
	for {
		select {
		case report := <-p.reports:
			if report.Kind == kind {
				return report
			}
			others = append(others, report)
		case <-limit:
			p.o.t.Fatalf("phone %s: no report %q, but %v", p.Number(), kind, others)
		}
	}
}

// noticed are the reports that nobody has awaited.
func (p *phone) noticed() (reports []softphone.Report) {
	for {
		select {
		case report := <-p.reports:
			reports = append(reports, report)
		default:
			return reports
		}
	}
}

// call is the phone's only call.
func (p *phone) call() *softphone.Call {
	p.o.t.Helper()
	calls := p.Calls()
	if len(calls) != 1 {
		p.o.t.Fatalf("phone %s has %d calls", p.Number(), len(calls))
	}
	return calls[0]
}

// calls dials by hand and waits until both talk.
func (p *phone) calls(other *phone) {
	p.o.t.Helper()
	if _, err := p.Dial(other.Number()); err != nil {
		p.o.t.Fatal(err)
	}
	p.await(softphone.CallConnected)
	other.await(softphone.CallConnected)
	p.o.connection(p, connected)
	p.o.connection(other, connected)
	p.o.hear(p, other)
}

// hear waits until each phone gets further RTP.
func (o *office) hear(phones ...*phone) {
	o.t.Helper()
	for _, p := range phones {
		call := p.call()
		_, before := call.RTP()
		o.eventually("phone "+p.Number()+" hears", func() bool { _, now := call.RTP(); return now >= before+5 })
	}
}

// idle waits until no phone is in a call, by its own account and by the server's.
func (o *office) idle(phones ...*phone) {
	o.t.Helper()
	for _, p := range phones {
		o.eventually("phone "+p.Number()+" is idle", func() bool {
			snapshot, err := o.SnapshotDevice(o.t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "office", SnapshotObject: p.Number()})
			return err == nil && len(snapshot.GetConnections()) == 0 && len(p.Calls()) == 0
		})
	}
}

// connection is the phone's connection that is in a state.
func (o *office) connection(p *phone, state ctiv1.LocalConnectionState) (found *ctiv1.ConnectionID) {
	o.t.Helper()
	o.eventually(p.Number()+" is "+state.String(), func() bool {
		snapshot, err := o.SnapshotDevice(o.t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "office", SnapshotObject: p.Number()})
		if err != nil {
			o.t.Fatal(err)
		}
		for _, connection := range snapshot.GetConnections() {
			if connection.GetLocalConnectionState() == state {
				found = connection.GetConnection()
				return true
			}
		}
		return false
	})
	return found
}

// within bounds a service.
func (o *office) within() context.Context {
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	o.t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) hold(p *phone) {
	o.t.Helper()
	_, err := o.HoldCall(o.within(), &phonecontrolv1.HoldCallRequest{Target: "office", CallToBeHeld: o.connection(p, connected)})
	must(o.t, err)
}

func (o *office) retrieve(p *phone) {
	o.t.Helper()
	_, err := o.RetrieveCall(o.within(), &phonecontrolv1.RetrieveCallRequest{Target: "office", CallToBeRetrieved: o.connection(p, hold)})
	must(o.t, err)
}

func (o *office) clear(p *phone) {
	o.t.Helper()
	_, err := o.ClearConnection(o.within(), &phonecontrolv1.ClearConnectionRequest{Target: "office", ConnectionToBeCleared: o.connection(p, connected)})
	must(o.t, err)
}

// consult has a phone in a call talk to another one.
func (o *office) consult(p, other *phone) {
	o.t.Helper()
	_, err := o.ConsultationCall(o.within(), &phonecontrolv1.ConsultationCallRequest{
		Target: "office", ExistingCall: o.connection(p, connected), ConsultedDevice: other.Number(),
	})
	must(o.t, err)
	other.await(softphone.CallConnected)
	o.connection(p, connected)
	o.connection(other, connected)
}
