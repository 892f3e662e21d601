// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/services/skinny"
)

func TestRegister(t *testing.T) {
	for _, version := range []skinny.Version{3, 11, 17, 22} {
		t.Run("version "+strconv.Itoa(int(version)), func(t *testing.T) {
			server := skinnyphonetest.Listen(t, skinny.MaxVersion)
			phone, desk := dial(t, server, skinnyphone.Options{ProtocolVersion: version})
			snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.IdleKeys) > 0 && s.Prompt != "" })
			if snapshot.Version != version || desk.Version() != version {
				t.Errorf("version %d here, %d there", snapshot.Version, desk.Version())
			}
			label := "Zoë"
			wantButtons := []skinnyphone.Button{
				{Position: 1, Kind: skinny.StimulusLine, Instance: 1, Number: "1001", Label: label, Name: "Ada"},
				{Position: 2, Kind: skinny.StimulusLine, Instance: 2, Number: "1002", Label: label, Name: "Ada", Forward: skinnyphone.Forward{All: "1007"}},
				{Position: 3, Kind: skinny.StimulusSpeedDial, Instance: 1, Number: "1009", Label: "Bob"},
				{Position: 5, Kind: skinny.StimulusDoNotDisturb, Instance: 3, Label: "DND", Status: 1},
			}
			if diff := cmp.Diff(wantButtons, snapshot.Buttons); diff != "" {
				t.Errorf("buttons (-want +got):\n%s", diff)
			}
			wantKeys := []skinnyphone.SoftKey{
				{Label: "Redial", Key: skinny.KeyRedial}, {Label: "NewCall", Key: skinny.KeyNewCall}, {Label: "DND", Key: skinny.KeyDoNotDisturb},
			}
			if diff := cmp.Diff(wantKeys, snapshot.IdleKeys); diff != "" {
				t.Errorf("soft keys (-want +got):\n%s", diff)
			}
			if snapshot.Prompt != "Your current options" || snapshot.UserName != "Ada" || snapshot.DateTemplate != "D/M/Y" ||
				snapshot.Clock.System != 1800000000 || snapshot.KeepAlive != 30*time.Second || snapshot.Registrations != 1 || len(snapshot.Faults) > 0 {
				t.Errorf("the phone shows %+v", snapshot)
			}
			register := *desk.Registered
			want := skinny.Register{
				Phone:      skinny.Phone{DeviceName: "SEP00112233445F", Instance: 1, Address: netip.MustParseAddr("127.0.0.1"), DeviceType: skinny.Device7970},
				MaxStreams: 5, ProtocolVersion: uint8(version), MaxConferences: 5, MAC: [6]byte{0, 0x11, 0x22, 0x33, 0x44, 0x5f}, MaxLines: 8,
				FirmwareLoad: "SCCP7970.OFFHOOK",
			}
			if diff := cmp.Diff(want, register, cmpopts.IgnoreFields(skinny.Register{}, "Features"), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("Register (-want +got):\n%s", diff)
			}
			capabilities := skinnyphonetest.Next[*skinny.CapabilitiesRes](desk)
			if len(capabilities.Capabilities) != 6 || capabilities.Capabilities[0].Capability != skinny.CapabilityG711MuLaw {
				t.Errorf("capabilities %+v", capabilities)
			}
			asked := []skinny.ID{
				skinny.IDRegister, skinny.IDIPPort, skinny.IDHeadsetStatus, skinny.IDButtonTemplateReq, skinny.IDCapabilitiesRes,
				skinny.IDSoftKeyTemplateReq, skinny.IDSoftKeySetReq, skinny.IDConfigStatReq, skinny.IDLineStatReq, skinny.IDLineStatReq,
				skinny.IDSpeedDialStatReq, skinny.IDFeatureStatReq, skinny.IDForwardStatReq, skinny.IDForwardStatReq,
				skinny.IDRegisterAvailableLines, skinny.IDTimeDateReq,
			}
			if version > 11 {
				asked = append(asked[:1], asked[2:]...)
			}
			if diff := cmp.Diff(asked, desk.Asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			phone.Close()
			<-desk.Gone
			if last := desk.Asked[len(desk.Asked)-1]; last != skinny.IDUnregister {
				t.Errorf("the last that the phone sent is %s", last)
			}
			if err := phone.OffHook(skinny.Call{}); !errors.Is(err, skinnyphone.ErrNotConnected) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

func TestServerSpeaksLess(t *testing.T) {
	phone, _ := dial(t, skinnyphonetest.Listen(t, 9), skinnyphone.Options{ProtocolVersion: 22})
	if version := phone.Snapshot().Version; version != 9 {
		t.Errorf("version %d", version)
	}
}

func TestRejected(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	server.OnRegister = func(d *skinnyphonetest.Desk, _ *skinny.Register) { d.Send(&skinny.RegisterReject{Text: "not known"}) }
	_, err := skinnyphone.Dial(t.Context(), skinnyphone.Options{Server: server.Address(), DeviceName: "SEP1"})
	if !errors.Is(err, skinnyphone.ErrRejected) || !strings.Contains(err.Error(), "not known") {
		t.Errorf("error %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, options := range map[string]skinnyphone.Options{
		"no server":     {DeviceName: "SEP1"},
		"no name":       {Server: "127.0.0.1:2000"},
		"long name":     {Server: "127.0.0.1:2000", DeviceName: "SEP0011223344556"},
		"version of to": {Server: "127.0.0.1:2000", DeviceName: "SEP1", ProtocolVersion: 23},
	} {
		if _, err := skinnyphone.New(options); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	// Somebody listens and says nothing.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = skinnyphone.Dial(ctx, skinnyphone.Options{Server: listener.Addr().String(), DeviceName: "SEP1"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestToken(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	dialed := make(chan *skinnyphone.Phone, 1)
	go func() {
		phone, err := skinnyphone.Dial(t.Context(), skinnyphone.Options{
			Server: server.Address(), DeviceName: "SEP1", Token: true, Alarm: "Name=SEP1 Last=Power-on", RetryAfter: time.Millisecond,
		})
		if err != nil {
			t.Error(err)
		}
		dialed <- phone
	}()
	refused := <-server.Tokens
	refused.Send(&skinny.RegisterTokenReject{})
	<-refused.Gone
	taken := <-server.Tokens
	taken.Send(&skinny.RegisterTokenAck{})
	if alarm := skinnyphonetest.Next[*skinny.Alarm](taken); alarm.Text != "Name=SEP1 Last=Power-on" {
		t.Errorf("alarm %+v", alarm)
	}
	phone := <-dialed
	if phone != nil {
		phone.Close()
	}
}

func TestSilentServerIsLeft(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	var registers atomic.Int32
	server.OnRegister = func(d *skinnyphonetest.Desk, _ *skinny.Register) {
		if registers.Add(1) > 1 {
			d.Acknowledge()
		}
	}
	phone, desk := dial(t, server, skinnyphone.Options{StepTimeout: 50 * time.Millisecond, RetryAfter: time.Millisecond})
	if n := registers.Load(); n != 2 {
		t.Errorf("%d Register", n)
	}
	// A lost connection is made again.
	_ = desk.Connection.Close()
	server.Desk()
	await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Registrations == 2 && s.Registered })
}

func TestKeepAlive(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	server.KeepAlive = 1
	phone, _ := dial(t, server, skinnyphone.Options{})
	await(t, phone, func(s skinnyphone.Snapshot) bool { return s.KeepAlives >= 1 })
}

func TestReset(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	phone, desk := dial(t, server, skinnyphone.Options{})

	desk.Send(&skinny.Reset{Kind: skinny.ResetRestart})
	<-desk.Gone
	if last := desk.Asked[len(desk.Asked)-1]; last != skinny.IDUnregister {
		t.Errorf("the last that the phone sent is %s", last)
	}
	desk = server.Desk()
	await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Registered && s.Registrations == 2 && s.Resets == 1 })

	// While there is a call the phone waits.
	call := skinny.Call{Line: 1, Reference: 7}
	desk.Send(&skinny.CallState{State: skinny.StateOffHook, Call: call}, &skinny.Reset{Kind: skinny.ResetHard}, &skinny.DisplayNotify{Text: "after"})
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Notify == "after" })
	if !snapshot.Registered || snapshot.Resets != 1 {
		t.Errorf("the phone shows %s", snapshot)
	}
	desk.Send(&skinny.CallState{State: skinny.StateOnHook, Call: call})
	<-desk.Gone
	server.Desk()
	snapshot = await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Registered && s.Registrations == 3 && s.Resets == 2 })
	if len(snapshot.Calls) > 0 || snapshot.Notify != "" {
		t.Errorf("the phone shows %s", snapshot)
	}
}

// A phone of a load test has one goroutine, whatever it does.
func TestManyPhones(t *testing.T) {
	const many = 200
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	phones := make(chan *skinnyphone.Phone, many)
	before := runtime.NumGoroutine()
	for i := range many {
		go func() {
			phone, err := skinnyphone.Dial(t.Context(), skinnyphone.Options{
				Server: server.Address(), DeviceName: fmt.Sprintf("SEP%012X", i), Media: skinnyphone.MediaSilent,
			})
			if err != nil {
				t.Error(err)
			}
			phones <- phone
		}()
	}
	var all []*skinnyphone.Phone
	for range many {
		if phone := <-phones; phone != nil {
			all = append(all, phone)
		}
		desk := server.Desk()
		desk.Rings(call)
		desk.Send(&skinny.OpenReceiveChannel{Reference: call.Reference, Codec: skinny.CapabilityG711MuLaw})
		skinnyphonetest.Next[*skinny.OpenReceiveChannelAck](desk)
	}
	// The server has one for each phone as well.
	if now := runtime.NumGoroutine() - before; now > 2*many+10 {
		t.Errorf("%d goroutines of %d phones and their server", now, many)
	}
	for _, phone := range all {
		phone.Close()
	}
}
