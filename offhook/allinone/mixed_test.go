// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"offhook.dev/csta"
	"offhook.dev/offhook/allinone"
	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/softphone"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/skinny"
)

// patience bounds one test.
const patience = 20 * time.Second

// floor is the sample with phones of both kinds: Alice (2001) and Bob (2002) have
// Skinny phones, Carol (2003) a SIP phone. One application monitors all three.
type floor struct {
	t          *testing.T
	ctx        context.Context //nolint:containedctx // of one test
	process    *allinonetest.Process
	alice, bob *skinnyphone.Phone
	carol      *softphone.Phone
	reports    <-chan softphone.Report // Carol's
	session    *cstaclient.Session
	monitors   map[csta.MonitorCrossRefID]string
}

func floorOptions(t *testing.T) allinone.Options {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../deploy/samples/skinny")); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.Skinny = "127.0.0.1:0"
	return options
}

func newFloor(t *testing.T) *floor {
	t.Helper()
	return newFloorWith(t, floorOptions(t))
}

func newFloorWith(t *testing.T, options allinone.Options) *floor {
	t.Helper()
	process := allinonetest.Start(t, options)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	f := &floor{t: t, ctx: ctx, process: process, monitors: make(map[csta.MonitorCrossRefID]string)}
	f.alice, f.bob = f.plug(process, "SEP001122334455"), f.plug(process, "SEP001122334466")
	f.carol, f.reports = phone(t, softphone.Settings{
		Number: "2003", Username: "2003", Password: "sample-carol", Registrar: process.Server("tcp"), Transport: "tcp",
	})
	client, err := cstaclient.New(ctx, cstaclient.Options{Server: process.Server("tcp")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	f.session, err = client.Open(ctx, cstaclient.SessionOptions{User: "crm", Password: "sample-crm", Line: "2001"})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"2001", "2002", "2003"} {
		monitor, err := f.session.MonitorStart(ctx, line)
		if err != nil {
			t.Fatal(err)
		}
		f.monitors[monitor] = line
	}
	return f
}

func (f *floor) plug(process *allinonetest.Process, device string) *skinnyphone.Phone {
	f.t.Helper()
	phone, err := skinnyphone.Dial(f.ctx, skinnyphone.Options{
		DeviceName: device, Server: process.SkinnyAddress().String(), Codecs: []skinny.Capability{skinny.CapabilityG711ALaw},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(phone.Close)
	return phone
}

func (f *floor) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// told waits for an event at a line.
func (f *floor) told(line, event string) csta.Event {
	f.t.Helper()
	for {
		select {
		case got := <-f.session.Events():
			if f.monitors[got.CrossRef()] == line && cstaclient.Summarize(got).Event == event {
				return got
			}
		case <-f.ctx.Done():
			f.t.Fatalf("%s is not told %s", line, event)
		}
	}
}

// talk waits until RTP runs both ways between Carol and a Skinny phone.
func (f *floor) talk(phone *skinnyphone.Phone) {
	f.t.Helper()
	calls := f.carol.Calls()
	if len(calls) == 0 {
		f.t.Fatal("Carol has no call")
	}
	call := calls[len(calls)-1]
	_, before := call.RTP()
	start := received(phone.Snapshot())
	packets := time.NewTicker(20 * time.Millisecond)
	defer packets.Stop()
	for {
		sent, now := call.RTP()
		if now > before+3 && received(phone.Snapshot()) > start+3 {
			return
		}
		select {
		case <-packets.C:
		case <-f.ctx.Done():
			f.t.Fatalf("no RTP both ways: Carol has sent %d and got %d packets; the phone:\n%s", sent, now, phone.Snapshot())
		}
	}
}

func received(s skinnyphone.Snapshot) (packets uint64) {
	for _, stream := range s.Streams {
		packets += stream.Counters.PacketsReceived
	}
	return packets
}

// shows waits until a phone shows a call in a state.
func (f *floor) shows(phone *skinnyphone.Phone, state skinny.State) {
	f.t.Helper()
	_, err := phone.Await(f.ctx, func(s skinnyphone.Snapshot) bool {
		_, shown := s.CallIn(state)
		return shown
	})
	f.must(err)
}

func (f *floor) at(call csta.CallID, line string) csta.ConnectionID {
	return csta.ConnectionID{CallID: call, DeviceID: csta.DeviceID{Text: line}}
}

// An application calls from a Skinny phone to a SIP phone and back; users hold at
// either; RTP runs from phone to phone.
func TestCallsBetweenSkinnyAndSIPPhones(t *testing.T) {
	f := newFloor(t)
	call, err := f.session.MakeCall(f.ctx, "2001", "2003", false)
	f.must(err)
	f.told("2003", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(call.CallID, "2003")))
	f.told("2001", "Established")
	f.talk(f.alice)
	f.must(f.session.HoldCall(f.ctx, f.at(call.CallID, "2001")))
	f.must(f.session.RetrieveCall(f.ctx, f.at(call.CallID, "2001")))
	f.talk(f.alice)
	f.must(f.session.HoldCall(f.ctx, f.at(call.CallID, "2003")))
	f.must(f.session.RetrieveCall(f.ctx, f.at(call.CallID, "2003")))
	f.talk(f.alice)
	f.shows(f.alice, skinny.StateConnected)
	f.must(f.alice.Hold(f.ctx))
	f.told("2003", "Held")
	f.shows(f.alice, skinny.StateHold)
	f.must(f.alice.Resume(f.ctx))
	f.told("2003", "Retrieved")
	f.talk(f.alice)
	f.must(f.carol.Calls()[0].Hold())
	f.told("2001", "Held")
	await(t, f.reports, softphone.HeldHere)
	f.must(f.carol.Calls()[0].Resume())
	f.told("2001", "Retrieved")
	f.talk(f.alice)
	f.must(f.session.ClearConnection(f.ctx, f.at(call.CallID, "2001")))
	f.told("2003", "ConnectionCleared")

	// The other way round, by hand.
	dialled, err := f.carol.Dial("2001")
	f.must(err)
	f.told("2001", "Delivered")
	f.shows(f.alice, skinny.StateRingIn)
	f.must(f.alice.Answer(f.ctx))
	f.told("2003", "Established")
	f.talk(f.alice)
	f.must(dialled.Hangup())
	f.told("2001", "ConnectionCleared")
}

// Media follow a call that goes from one kind of phone to the other, into a
// conference of both, and back.
func TestMixedTransferAndConference(t *testing.T) {
	f := newFloor(t)
	call, err := f.session.MakeCall(f.ctx, "2001", "2002", false)
	f.must(err)
	f.told("2002", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(call.CallID, "2002")))
	f.told("2001", "Established")
	// Bob transfers Alice to Carol.
	response, err := f.session.Invoke(f.ctx, &csta.ConsultationCall{
		ExistingCall: f.at(call.CallID, "2002"), ConsultedDevice: csta.DeviceID{Text: "2003"},
	})
	f.must(err)
	consulted := response.(*csta.ConsultationCallResponse).InitiatedCall.CallID //nolint:forcetypeassert // by its request
	f.told("2003", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(consulted, "2003")))
	f.told("2002", "Established")
	f.talk(f.bob)
	_, err = f.session.Invoke(f.ctx, &csta.TransferCall{HeldCall: f.at(call.CallID, "2002"), ActiveCall: f.at(consulted, "2002")})
	f.must(err)
	transferred := f.told("2001", "Transfered").(*csta.TransferedEvent) //nolint:forcetypeassert // by its name
	f.talk(f.alice)
	// Alice takes Bob into the call, and leaves.
	now := newCallOf(transferred, call.CallID)
	response, err = f.session.Invoke(f.ctx, &csta.ConsultationCall{
		ExistingCall: f.at(now, "2001"), ConsultedDevice: csta.DeviceID{Text: "2002"},
	})
	f.must(err)
	consulted = response.(*csta.ConsultationCallResponse).InitiatedCall.CallID //nolint:forcetypeassert // by its request
	f.told("2002", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(consulted, "2002")))
	f.told("2001", "Established")
	response, err = f.session.Invoke(f.ctx, &csta.ConferenceCall{HeldCall: f.at(now, "2001"), ActiveCall: f.at(consulted, "2001")})
	f.must(err)
	conference := response.(*csta.ConferenceCallResponse).ConferenceCall.CallID //nolint:forcetypeassert // by its request
	f.told("2003", "Conferenced")
	f.talk(f.alice)
	f.talk(f.bob)
	f.must(f.session.ClearConnection(f.ctx, f.at(conference, "2001")))
	f.told("2003", "ConnectionCleared")
	f.talk(f.bob)
	f.must(f.session.ClearConnection(f.ctx, f.at(conference, "2003")))
	f.told("2002", "ConnectionCleared")
}

// newCallOf is the call that a transfer made.
func newCallOf(event *csta.TransferedEvent, otherwise csta.CallID) csta.CallID {
	for _, item := range event.TransferredConnections {
		if item.NewConnection != nil {
			return item.NewConnection.CallID
		}
	}
	return otherwise
}

// Digits are heard at a Skinny phone, and go from its keypad to the other party.
func TestDigitsBetweenSkinnyAndSIPPhones(t *testing.T) {
	f := newFloor(t)
	call, err := f.session.MakeCall(f.ctx, "2003", "2001", false)
	f.must(err)
	f.told("2001", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(call.CallID, "2001")))
	f.told("2003", "Established")
	f.talk(f.alice)
	_, err = f.session.Invoke(f.ctx, &csta.GenerateDigits{ConnectionToSendDigits: f.at(call.CallID, "2003"), CharactersToSend: "42"})
	f.must(err)
	_, err = f.alice.Await(f.ctx, func(s skinnyphone.Snapshot) bool {
		shown, ok := s.CallIn(skinny.StateConnected)
		return ok && shown.Digits == "42"
	})
	f.must(err)
	f.must(f.alice.PressKeypad("7", skinny.Call{}))
	f.told("2003", "DigitsGenerated")
	f.must(f.session.ClearConnection(f.ctx, f.at(call.CallID, "2003")))
	f.told("2001", "ConnectionCleared")
}

// An operator sees the phones of both kinds, and makes one start again.
func TestOperatorsSeeAndResetPhones(t *testing.T) {
	options := floorOptions(t)
	options.GRPC = freePort(t)
	f := newFloorWith(t, options)
	connection, err := grpc.NewClient(options.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	f.must(err)
	t.Cleanup(func() { _ = connection.Close() })
	client := phonecontrolv1.NewPhoneControlServiceClient(connection)
	list, err := client.ListRegistrations(f.ctx, &phonecontrolv1.ListRegistrationsRequest{Target: "floor"})
	f.must(err)
	var seen []string
	for _, phone := range list.GetRegistrations() {
		seen = append(seen, phone.GetLine()+" "+phone.GetDeviceName())
	}
	slices.Sort(seen)
	if want := []string{"2001 SEP001122334455", "2002 SEP001122334466", "2003 2003", "2010 SEP001122334455", "2010 SEP001122334466"}; !slices.Equal(seen, want) {
		t.Errorf("phones %q, want %q", seen, want)
	}
	_, err = client.ResetPhone(f.ctx, &phonecontrolv1.ResetPhoneRequest{Target: "floor", DeviceName: "SEP001122334455", Restart: true})
	f.must(err)
	_, err = f.alice.Await(f.ctx, func(s skinnyphone.Snapshot) bool { return s.Registered && s.Registrations == 2 && s.Resets == 1 })
	f.must(err)
	_, err = client.ResetPhone(f.ctx, &phonecontrolv1.ResetPhoneRequest{Target: "floor", DeviceName: "SEP000000000000"})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a phone that there is not: %v", err)
	}
}
