// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"context"
	"crypto/md5"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
	"offhook.dev/services/targetconfig"
)

// deskTarget has a phone at each line.
func deskTarget(t *testing.T) *targetconfig.Snapshot {
	t.Helper()
	key := [32]byte{1}
	config := target("desk", &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}})
	for _, line := range config.GetLines() {
		sum := md5.Sum([]byte("phone" + line.GetNumber() + ":desk:pw" + line.GetNumber()))
		secret, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: fmt.Sprintf("%x", sum)})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Seal(key, secret, seal.DevicePlace("desk", line.GetName(), "phone"))
		if err != nil {
			t.Fatal(err)
		}
		line.Watch, line.Devices = true, []*configv1.Device{
			{Name: "phone", Username: "phone" + line.GetNumber(), Credential: &configv1.SealedCredential{Sealed: sealed}},
		}
	}
	snapshot, err := targetconfig.Build(key, config)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// bed is a replica that runs a target of SIP phones.
type bed struct {
	client phonecontrolv1.PhoneControlServiceClient
	sip    string
	// events of the target, from the first.
	events <-chan *ctiv1.Event
}

func openBed(t *testing.T) *bed {
	t.Helper()
	connected := bustest.Run(t).Connect(t)
	logger := slog.New(slog.DiscardHandler)
	leases, err := directory.New(directory.Options{Bus: connected, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	config := NewDefaultConfig()
	config.SIP.Listen, config.SIP.DigestAlgorithms = "127.0.0.1:0", []digestauth.Algorithm{digestauth.MD5}
	own := &statev1.Replica{Id: "pc-0", Service: directory.PhoneControl}
	replica, err := New(config, Dependencies{
		Replica: own, Bus: connected, Leases: leases, Source: targetconfig.NewStatic(deskTarget(t)), Logger: logger,
		Registerer: prometheus.NewRegistry(), Product: "Offhook/test",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	serving, stop := context.WithCancel(ctx)
	events := make(chan *ctiv1.Event, 256)
	running, watching, reading := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() { defer close(watching); _ = leases.Run(ctx) }()
	go func() { defer close(running); _ = replica.Run(serving) }()
	go func() {
		defer close(reading)
		_ = connected.ReadEvents(ctx, bus.ReaderOptions{Target: "desk", FromStart: true}, func(d bus.Delivery) {
			for _, event := range d.Batch.GetEvents() {
				events <- event
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		<-running
		cancel()
		<-watching
		<-reading
	})
	b := &bed{client: phonecontrolv1.NewPhoneControlServiceClient(link.Direct(replica.Register)), events: events}
	uri := replica.endpoint.LocalURI("udp", "")
	b.sip = uri.HostPort()
	within, done := context.WithTimeout(t.Context(), waitLong)
	defer done()
	for { // until it runs the target and has read its registrations
		_, err := b.client.ListRegistrations(within, &phonecontrolv1.ListRegistrationsRequest{Target: "desk"})
		if _, notYet := ctierr.AsNotOwner(err); err == nil && replica.gateway.Serves("desk") {
			return b
		} else if err != nil && !notYet || within.Err() != nil {
			t.Fatalf("the target does not run: %v", err)
		}
	}
}

// told waits for an event that is wanted.
func (b *bed) told(t *testing.T, what string, wanted func(*ctiv1.Event) bool) *ctiv1.Event {
	t.Helper()
	within, done := context.WithTimeout(t.Context(), waitLong)
	defer done()
	for {
		select {
		case event := <-b.events:
			if wanted(event) {
				return event
			}
		case <-within.Done():
			t.Fatalf("no event: %s", what)
		}
	}
}

func wantBody(t *testing.T, what string, m message, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(m.body, part) {
			t.Errorf("%s: NOTIFY has no %q:\n%s", what, part, m.body)
		}
	}
}

// TestPhonesAreToldOfWhatTheySubscribeTo: what applications do shows on phones,
// and what a phone's key does is told to applications.
func TestPhonesAreToldOfWhatTheySubscribeTo(t *testing.T) {
	b := openBed(t)
	phone, other := newRawPhone(t, b.sip, "1001"), newRawPhone(t, b.sip, "1002")
	other.answer = func(m message) int {
		if strings.HasPrefix(m.start, "INVITE ") {
			return 486
		}
		return 200
	}
	phone.register()
	other.register()
	const dialog, summary, keys = "dialog", "message-summary", "as-feature-event"
	wantBody(t, "lamp at first", phone.subscribe("1002", dialog, ""), `state="full"`)
	wantBody(t, "messages at first", phone.subscribe("1001", summary, ""), "Messages-Waiting: no")
	wantBody(t, "keys at first", phone.subscribe("1001", keys, ""),
		"<doNotDisturbOn>false</doNotDisturbOn>", "<forwardingType>forwardImmediate</forwardingType><forwardStatus>false</forwardStatus>")

	// A call at 1002: its phone is prompted, and declines.
	replied := make(chan error, 1)
	go func() {
		_, err := b.client.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{
			Target: "desk", CallingDevice: "1002", CalledDirectoryNumber: "1001", AutoOriginate: phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_PROMPT,
		})
		replied <- err
	}()
	wantBody(t, "lamp of the call", phone.notified(dialog), `direction="initiator"`, "<state>trying</state>")
	other.got("INVITE") // and declines
	wantBody(t, "lamp after the call", phone.notified(dialog), "<state>terminated</state>")
	if err := <-replied; err != nil {
		t.Errorf("MakeCall gave %v", err)
	}

	// Messages: told to the phone that subscribed, and unasked to the other one.
	for _, line := range []string{"1001", "1002"} {
		if _, err := b.client.SetMessageWaitingIndicator(t.Context(), &phonecontrolv1.SetMessageWaitingIndicatorRequest{
			Target: "desk", Device: line, MessageWaitingOn: true, NewMessages: 2, OldMessages: 1,
		}); err != nil {
			t.Fatal(err)
		}
	}
	wantBody(t, "messages", phone.notified(summary), "Messages-Waiting: yes", "Voice-Message: 2/1")
	for {
		m := other.notified(summary)
		if strings.Contains(m.body, "Messages-Waiting: yes") {
			break // the one before it was told when the phone registered
		}
	}

	// Do not disturb, by an application and by the phone's key.
	if _, err := b.client.SetDoNotDisturb(t.Context(), &phonecontrolv1.SetDoNotDisturbRequest{Target: "desk", Device: "1001", DoNotDisturbOn: true}); err != nil {
		t.Fatal(err)
	}
	wantBody(t, "key that an application pressed", phone.notified(keys), "<doNotDisturbOn>true</doNotDisturbOn>")
	b.told(t, "do not disturb on", func(e *ctiv1.Event) bool { return e.GetDoNotDisturb().GetDoNotDisturbOn() })
	const namespace = ` xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"`
	press := func(body string) message {
		return phone.subscribe("1001", keys, body, "Content-Type: application/x-as-feature-event+xml")
	}
	m := press("<SetDoNotDisturb" + namespace + "><device/><doNotDisturbOn>false</doNotDisturbOn></SetDoNotDisturb>")
	wantBody(t, "key that was pressed", m, "<doNotDisturbOn>false</doNotDisturbOn>")
	off := b.told(t, "do not disturb off", func(e *ctiv1.Event) bool { return e.GetDoNotDisturb() != nil })
	if off.GetDoNotDisturb().GetDoNotDisturbOn() || off.GetDoNotDisturb().GetDevice() != "1001" || off.GetReported()[0].GetDeviceId() != "1001" {
		t.Errorf("the key gave the event %v", off)
	}
	m = press("<SetForwarding" + namespace + "><device/><forwardingType>forwardImmediate</forwardingType><activateForward>true</activateForward><forwardDN>1002</forwardDN></SetForwarding>")
	wantBody(t, "forwarding key", m, "<forwardStatus>true</forwardStatus><forwardTo>1002</forwardTo>")
	on := b.told(t, "forwarding on", func(e *ctiv1.Event) bool { return e.GetForwarding() != nil }).GetForwarding()
	if on.GetForwardingType() != "forwardImmediate" || !on.GetForwardStatus() || on.GetForwardTo() != "1002" {
		t.Errorf("the forwarding key gave the event %v", on)
	}
	// To itself it can't: the key's lamp shows what is.
	m = press("<SetForwarding" + namespace + "><device/><forwardingType>forwardBusy</forwardingType><activateForward>true</activateForward><forwardDN>1001</forwardDN></SetForwarding>")
	wantBody(t, "refused key", m, "<forwardingType>forwardBusy</forwardingType><forwardStatus>false</forwardStatus>")
}
