// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/audio"
	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/services/skinny"
)

var call = skinny.Call{Line: 1, Reference: 21}

func TestCallComesIn(t *testing.T) {
	for _, version := range []skinny.Version{3, 11, 17, 22} {
		server := skinnyphonetest.Listen(t, skinny.MaxVersion)
		phone, desk := dial(t, server, skinnyphone.Options{ProtocolVersion: version})
		desk.Rings(call)
		snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Ringer == skinny.RingInside })
		shown, ok := snapshot.CallIn(skinny.StateRingIn)
		if !ok || shown.Peer() != (skinny.Party{Name: "Bob", Number: "1002"}) || shown.Prompt != "From 1002" || shown.Ring != skinny.RingInside ||
			snapshot.Lamp(skinny.StimulusLine, 1) != skinny.LampBlink || snapshot.Lamp(skinny.StimulusLine, 2) != skinny.LampOff || snapshot.Speaker {
			t.Fatalf("version %d: the phone shows %s", version, snapshot)
		}
		if err := phone.PressSoftKey(skinny.KeyHold, call); !errors.Is(err, skinnyphone.ErrKeyNotOffered) || !strings.Contains(err.Error(), "Answer EndCall") {
			t.Errorf("Hold of a call that rings: %v", err)
		}
		must(t, phone.Answer(t.Context()))
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); *pressed != (skinny.SoftKeyEvent{Key: skinny.KeyAnswer, Call: call}) {
			t.Errorf("pressed %+v", pressed)
		}
		desk.Connects(call)
		snapshot = await(t, phone, func(s skinnyphone.Snapshot) bool {
			shown, _ := s.Call(call)
			return shown.KeySet == skinny.KeysConnected
		})
		if shown, _ := snapshot.OnDisplay(); shown.State != skinny.StateConnected || snapshot.Ringer != skinny.RingOff || !snapshot.Speaker || snapshot.ActiveLine != 1 {
			t.Errorf("the phone shows %s", snapshot)
		}
		if err := phone.PressNamed("park", call); !errors.Is(err, skinnyphone.ErrKeyMasked) {
			t.Errorf("a masked key: %v", err)
		}
		must(t, phone.PressNamed("hold", skinny.Call{}))
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); *pressed != (skinny.SoftKeyEvent{Key: skinny.KeyHold, Call: call}) {
			t.Errorf("pressed %+v", pressed)
		}
		desk.Ends(call)
		snapshot = await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 && !s.Speaker && s.ActiveLine == 0 })
		if diff := cmp.Diff([]skinny.Party{{Name: "Bob", Number: "1002"}}, snapshot.Received); diff != "" || len(snapshot.Missed) > 0 {
			t.Errorf("received %v, missed %v", snapshot.Received, snapshot.Missed)
		}
		if len(snapshot.Faults) > 0 || len(snapshot.IdleKeys) != 3 {
			t.Errorf("the phone shows %s", snapshot)
		}
	}
}

func TestMissedAndAnsweredElsewhere(t *testing.T) {
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{})
	elsewhere := skinny.Call{Line: 2, Reference: 22}
	desk.Rings(call)
	desk.Rings(elsewhere)
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Rings == 2 })
	if shown, _ := snapshot.OnDisplay(); shown.Call != call {
		t.Errorf("on display is %+v", shown)
	}
	desk.Send(&skinny.CallState{State: skinny.StateRemoteMultiline, Call: elsewhere})
	desk.Ends(elsewhere)
	desk.Ends(call)
	snapshot = await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 && s.Ringer == skinny.RingOff })
	desk.Connects(call)
	desk.Send(&skinny.StartTone{Tone: 5, Call: call}, &skinny.StopTone{Call: call}, &skinny.StartTone{Tone: skinny.ToneDTMFPound, Call: call})
	await(t, phone, func(s skinnyphone.Snapshot) bool { shown, _ := s.Call(call); return shown.Digits == "5#" })
	if len(snapshot.Missed) != 1 || len(snapshot.Received) != 0 {
		t.Errorf("missed %v, received %v", snapshot.Missed, snapshot.Received)
	}
}

func TestCallAndTransfer(t *testing.T) {
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{})
	var work sync.WaitGroup
	defer work.Wait()
	second := skinny.Call{Line: 1, Reference: 23}
	work.Go(func() {
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyNewCall || pressed.Call != (skinny.Call{}) {
			t.Errorf("pressed %+v", pressed)
		}
		desk.GoesOffHook(call)
		if digits := desk.Typed(4); digits != "1002" {
			t.Errorf("typed %q", digits)
		}
		desk.RingsOut(call, "1002")
		desk.Connects(call)
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyTransfer || pressed.Call != call {
			t.Errorf("pressed %+v", pressed)
		}
		desk.Send(&skinny.CallState{State: skinny.StateHold, Call: call}, &skinny.SelectSoftKeys{Call: call, Set: skinny.KeysOnHold, Mask: skinny.AllSoftKeys})
		desk.GoesOffHook(second)
		desk.Typed(5)
		desk.RingsOut(second, "1003#")
		desk.Send(&skinny.SelectSoftKeys{Call: second, Set: skinny.KeysConnectedTransfer, Mask: skinny.AllSoftKeys})
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyTransfer || pressed.Call != second {
			t.Errorf("pressed %+v", pressed)
		}
		desk.Ends(second)
		desk.Ends(call)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	made, err := phone.Call(ctx, "1002")
	must(t, err)
	if made != call {
		t.Errorf("made call %+v", made)
	}
	await(t, phone, func(s skinnyphone.Snapshot) bool {
		shown, _ := s.Call(call)
		return shown.KeySet == skinny.KeysConnected
	})
	must(t, phone.Transfer(ctx, "1003#"))
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 })
	if diff := cmp.Diff([]string{"1002", "1003#"}, snapshot.Placed); diff != "" || len(snapshot.Faults) > 0 {
		t.Errorf("placed %v, the phone shows %s", snapshot.Placed, snapshot)
	}
	for name, err := range map[string]error{
		"Answer": phone.Answer(t.Context()), "Hold": phone.Hold(t.Context()), "Resume": phone.Resume(t.Context()), "HangUp": phone.HangUp(t.Context()),
		"Transfer": phone.Transfer(t.Context(), "1"), "Complete": phone.PressSoftKey(skinny.KeyTransfer, second),
	} {
		if !errors.Is(err, skinnyphone.ErrNoSuchCall) {
			t.Errorf("%s without a call: %v", name, err)
		}
	}
}

func TestKeypadAndButtons(t *testing.T) {
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{})
	must(t, phone.EnblocDial("1002", 2))
	if m := skinnyphonetest.Next[*skinny.EnblocCall](desk); m.Number != "1002" || m.Line != 2 {
		t.Errorf("sent %+v", m)
	}
	must(t, phone.PressPosition(3))
	if m := skinnyphonetest.Next[*skinny.ButtonPressed](desk); m.Stimulus != skinny.StimulusSpeedDial || m.Instance != 1 || m.Reference != 0 {
		t.Errorf("sent %+v", m)
	}
	desk.GoesOffHook(call)
	await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Sounds(skinny.ToneInsideDial) })
	must(t, phone.PressButton(skinny.StimulusHold, 0))
	if m := skinnyphonetest.Next[*skinny.ButtonPressed](desk); m.Stimulus != skinny.StimulusHold || m.Instance != 1 || m.Reference != call.Reference {
		t.Errorf("sent %+v", m)
	}
	must(t, phone.OnHook(call))
	if m := skinnyphonetest.Next[*skinny.OnHook](desk); m.Call != call {
		t.Errorf("sent %+v", m)
	}
	for name, err := range map[string]error{
		"line 3": phone.PressLine(3), "position 4": phone.PressPosition(4),
	} {
		if !errors.Is(err, skinnyphone.ErrNoSuchButton) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, digits := range []string{"12x", "+1", "A", strings.Repeat("1", 65)} {
		if err := phone.PressKeypad(digits, call); !errors.Is(err, skinnyphone.ErrNoSuchDigit) {
			t.Errorf("keypad %q: %v", digits, err)
		}
	}
}

func TestPhoneOfOld(t *testing.T) {
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{DeviceType: skinny.Device7910, ProtocolVersion: 3})
	desk.GoesOffHook(call)
	await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 1 })
	must(t, phone.PressKeypad("5", skinny.Call{}))
	must(t, phone.OnHook(call))
	if m := skinnyphonetest.Next[*skinny.KeypadButton](desk); m.Key != 5 || m.Call != (skinny.Call{}) {
		t.Errorf("sent %+v", m)
	}
	if m := skinnyphonetest.Next[*skinny.OnHook](desk); m.Call != (skinny.Call{}) {
		t.Errorf("sent %+v", m)
	}
}

func TestAnswersByItself(t *testing.T) {
	var reports []string
	var mutex sync.Mutex
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{
		AnswerAfter: time.Millisecond,
		Report: func(r skinnyphone.Report) {
			mutex.Lock()
			defer mutex.Unlock()
			reports = append(reports, r.String())
		},
	})
	desk.Rings(call)
	if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyAnswer || pressed.Call != call {
		t.Errorf("pressed %+v", pressed)
	}
	desk.Connects(call)
	desk.Send(&skinny.CallState{State: skinny.StateHold, Call: call})
	desk.Ends(call)
	desk.Send(&skinny.SetLamp{Stimulus: skinny.StimulusVoiceMail, Mode: skinny.LampOn}, &skinny.DisplayPriNotify{Priority: 5, Text: "fire"})
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return s.PriorityNotify[5] == "fire" })
	if !snapshot.MessageWaiting() {
		t.Error("no messages wait")
	}
	desk.Send(&skinny.SetLamp{Stimulus: skinny.StimulusVoiceMail, Mode: skinny.LampOff}, &skinny.ClearPriNotify{Priority: 5})
	await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.PriorityNotify) == 0 && !s.MessageWaiting() })
	mutex.Lock()
	defer mutex.Unlock()
	const phoneName = "phone SEP00112233445F "
	want := []string{
		phoneName + "registered", phoneName + "rings (1002)", phoneName + "connected (1002)", phoneName + "holds (1002)",
		phoneName + "call ended (1002)", phoneName + "has messages waiting", phoneName + "shows: fire", phoneName + "has no messages waiting",
	}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestMedia(t *testing.T) {
	for _, version := range []skinny.Version{3, 11, 17, 22} {
		phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{ProtocolVersion: version, ToneHertz: 620})
		far, err := audio.Open(t.Context(), audio.Options{})
		must(t, err)
		defer far.Close()
		desk.Connects(call)
		name := skinny.Stream{Conference: 1, PassThroughParty: 5, Reference: call.Reference}
		ack := desk.Channel(name, skinny.CapabilityG711ALaw, far.Address())
		if ack.Status != skinny.MediaOK || ack.PassThroughParty != 5 || ack.Reference != call.Reference || ack.Address != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("acknowledged %+v", ack)
		}
		if version >= 17 {
			if ack := skinnyphonetest.Next[*skinny.StartMediaTransmissionAck](desk); ack.Status != skinny.MediaOK || ack.PassThroughParty != 5 {
				t.Errorf("acknowledged %+v", ack)
			}
		}
		far.ExpectEvents(101)
		far.Send(netip.AddrPortFrom(ack.Address, ack.Port), audio.Format{PayloadType: audio.PayloadPCMA, Events: 101})
		await(t, phone, func(s skinnyphone.Snapshot) bool {
			stream, ok := s.StreamOf(call)
			return ok && stream.Hears(440) && stream.Counters.PacketsSent > 0
		})
		must(t, phone.PressKeypad("7#", call))
		far.Press('9')
		desk.Send(&skinny.NotifyDTMFTone{Tone: 4, Conference: 1, PassThroughParty: 5}, &skinny.SendDTMFTone{Tone: skinny.ToneDTMFStar, Conference: 1, PassThroughParty: 5})
		snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool {
			stream, _ := s.StreamOf(call)
			return stream.Events == "9" && stream.Digits == "4" && len(far.Digits()) == 3
		})
		if digits := far.Digits(); strings.ReplaceAll(digits, "*", "") != "7#" {
			t.Errorf("the far end heard %q", digits)
		}
		stream, _ := snapshot.StreamOf(call)
		if stream.Stream != name || !stream.Receiving || !stream.Sending || stream.Remote != far.Address() || stream.Local.Port() != ack.Port || stream.SendEvents != 101 {
			t.Errorf("stream %+v", stream)
		}
		desk.Send(&skinny.StopMediaTransmission{Stream: name}, &skinny.CloseReceiveChannel{Stream: name},
			&skinny.ConnectionStatisticsReq{Number: "1001", Reference: call.Reference})
		statistics := skinnyphonetest.Next[*skinny.ConnectionStatisticsRes](desk)
		if statistics.PacketsReceived == 0 || statistics.PacketsSent == 0 || statistics.OctetsSent == 0 || statistics.Number != "1001" || statistics.Reference != call.Reference {
			t.Errorf("statistics %+v", statistics)
		}
		snapshot = phone.Snapshot()
		if len(snapshot.Streams) > 0 || len(snapshot.Faults) > 0 {
			t.Errorf("the phone shows %s", snapshot)
		}
		phone.Close()
	}
}

func TestMediaOfOtherKinds(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	name := skinny.Stream{PassThroughParty: 5, Reference: call.Reference}
	t.Run("codec that the phone has not", func(t *testing.T) {
		phone, desk := dial(t, server, skinnyphone.Options{Codecs: []skinny.Capability{skinny.CapabilityG711MuLaw}})
		if ack := desk.Channel(name, skinny.CapabilityG729, netip.AddrPort{}); ack.Status != skinny.MediaInvalidCodec {
			t.Errorf("acknowledged %+v", ack)
		}
		await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Faults) == 2 && len(s.Streams) == 0 })
	})
	t.Run("silent", func(t *testing.T) {
		phone, desk := dial(t, server, skinnyphone.Options{Media: skinnyphone.MediaSilent})
		if ack := desk.Channel(name, skinny.CapabilityG729, netip.MustParseAddrPort("127.0.0.1:9")); ack.Status != skinny.MediaOK || ack.Port == 0 {
			t.Errorf("acknowledged %+v", ack)
		}
		await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Streams) == 1 && s.Streams[0].Sending })
		// The end of another stream is a fault.
		desk.Send(&skinny.StopMediaTransmission{PassThroughParty: 6, Reference: call.Reference})
		await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Faults) == 1 && len(s.Streams) == 1 })
	})
	t.Run("by hand", func(t *testing.T) {
		phone, desk := dial(t, server, skinnyphone.Options{Media: skinnyphone.MediaByHand})
		if err := phone.AcceptMedia(); !errors.Is(err, skinnyphone.ErrNoSuchCall) {
			t.Errorf("no channel: %v", err)
		}
		desk.Send(&skinny.OpenReceiveChannel{Stream: name, Codec: skinny.CapabilityG711MuLaw}, &skinny.OpenReceiveChannel{Stream: name, Codec: skinny.CapabilityG711MuLaw})
		await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Channels == 2 })
		must(t, phone.RefuseMedia(skinny.MediaNoChannels))
		must(t, phone.AcceptMedia())
		var statuses []skinny.MediaStatus
		for range 2 {
			statuses = append(statuses, skinnyphonetest.Next[*skinny.OpenReceiveChannelAck](desk).Status)
		}
		if !slices.Equal(statuses, []skinny.MediaStatus{skinny.MediaNoChannels, skinny.MediaOK}) {
			t.Errorf("acknowledged %v", statuses)
		}
	})
}

func TestWhatAPhoneCannotObeyIsAFault(t *testing.T) {
	phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{})
	ghost := skinny.Call{Line: 1, Reference: 99}
	desk.Send(
		&skinny.CallInfo{Call: ghost}, &skinny.DialedNumber{Call: ghost}, &skinny.DisplayPromptStatus{Call: ghost},
		&skinny.SelectSoftKeys{Call: ghost, Set: skinny.KeysConnected}, &skinny.SelectSoftKeys{Set: 15},
		&skinny.SetLamp{Mode: 9}, &skinny.SetRinger{Mode: 9}, &skinny.LineStat{Line: 7}, &skinny.SpeedDialStat{SpeedDial: 7},
		&skinny.FeatureStat{Index: 7}, &skinny.ForwardStat{Line: 7}, &skinny.CallState{State: 99, Call: ghost},
		&skinny.CallState{State: skinny.StateOffHook, Line: 9, Reference: 1},
		&skinny.Unknown{MessageID: 0x7777}, &skinny.NotifyDTMFTone{Tone: 1}, &skinny.RegisterAck{},
		&skinny.CallState{State: skinny.StateOnHook, Call: ghost}, &skinny.StopMediaTransmission{}, &skinny.KeepAliveAck{}, // none
	)
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { return s.KeepAlives == 1 })
	if len(snapshot.Faults) != 16 {
		t.Errorf("%d faults:\n%s", len(snapshot.Faults), strings.Join(snapshot.Faults, "\n"))
	}
	for i := range 100 {
		desk.Send(&skinny.CallState{State: skinny.StateOffHook, Line: 1, Reference: uint32(100 + i)})
	}
	desk.Send(&skinny.DisplayText{Text: "many"})
	snapshot = await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Display == "many" })
	if len(snapshot.Calls) != 48 || len(snapshot.Faults) != 32 {
		t.Errorf("%d calls, %d faults", len(snapshot.Calls), len(snapshot.Faults))
	}
}

func TestTLSAndTap(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := skinnyphonetest.Serve(t, tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{skinnyphonetest.Certificate(t)}}), skinny.MaxVersion)
	var mutex sync.Mutex
	frames := make(map[bool][]byte)
	phone, desk := dial(t, server, skinnyphone.Options{TLS: &tls.Config{InsecureSkipVerify: true}, Tap: func(sent bool, frame []byte) {
		mutex.Lock()
		defer mutex.Unlock()
		frames[sent] = append(frames[sent], frame...)
	}})
	desk.Send(&skinny.DisplayText{Text: "secret"})
	await(t, phone, func(s skinnyphone.Snapshot) bool { return s.Display == "secret" })
	phone.Close()
	mutex.Lock()
	defer mutex.Unlock()
	for sent, want := range map[bool][2]skinny.ID{
		true: {skinny.IDRegister, skinny.IDUnregister}, false: {skinny.IDRegisterAck, skinny.IDUnregisterAck},
	} {
		var ids []skinny.ID
		for rest := frames[sent]; len(rest) > 0; {
			frame, after, ok, err := skinny.Cut(rest)
			if !ok || err != nil {
				t.Fatalf("tapped no frame: %v", err)
			}
			ids, rest = append(ids, frame.ID), after
		}
		if got := [2]skinny.ID{ids[0], ids[len(ids)-1]}; got != want {
			t.Errorf("tapped %v", ids)
		}
	}
}

func TestAwaitEnds(t *testing.T) {
	phone, _ := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{})
	never := func(skinnyphone.Snapshot) bool { return false }
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := phone.Await(ctx, never); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "button 1: line 1 1001") {
		t.Errorf("error %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := phone.Await(t.Context(), never)
		ended <- err
	}()
	phone.Close()
	if err := <-ended; !errors.Is(err, skinnyphone.ErrClosed) {
		t.Errorf("error %v", err)
	}
}
