// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/skinny"
)

// floor is the process with the sample of Skinny phones: Alice (2001) and Bob
// (2002) have them and share 2010, Carol (2003) has a SIP phone.
func floor(t *testing.T) *allinonetest.Process {
	t.Helper()
	options := allinonetest.Options("../../deploy/samples/skinny")
	options.Skinny = "127.0.0.1:0"
	return allinonetest.Start(t, options)
}

const (
	alicesPhone = "SEP001122334455"
	guestsPhone = "SEP0011223344AA"
	bobsPhone   = "SEP001122334466"
)

func plug(t *testing.T, process *allinonetest.Process, options skinnyphone.Options) *skinnyphone.Phone {
	t.Helper()
	options.Server = process.SkinnyAddress().String()
	options.Codecs = []skinny.Capability{skinny.CapabilityG711ALaw, skinny.CapabilityTelephone} // whose tones are heard
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	phone, err := skinnyphone.Dial(ctx, options)
	must(t, err)
	t.Cleanup(phone.Close)
	return phone
}

// in waits until the phone has a call in a state, which it gives.
func in(t *testing.T, phone *skinnyphone.Phone, state skinny.State) skinny.Call {
	t.Helper()
	snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool { _, ok := s.CallIn(state); return ok })
	call, _ := snapshot.CallIn(state)
	return call.Call
}

// quiet waits until the phone shows no call, has no lamp lit and is on hook, and
// finds no fault with what it was told.
func quiet(t *testing.T, phones ...*skinnyphone.Phone) {
	t.Helper()
	for _, phone := range phones {
		snapshot := await(t, phone, func(s skinnyphone.Snapshot) bool {
			return len(s.Calls) == 0 && !s.Speaker && s.Ringer == skinny.RingOff && len(s.Tones) == 0 && len(s.Streams) == 0 && len(s.Lamps) == 0
		})
		if len(snapshot.Faults) > 0 {
			t.Errorf("%s found faults:\n%s", phone.DeviceName(), strings.Join(snapshot.Faults, "\n"))
		}
	}
}

// hears waits until all phones hear a tone in a call.
func hears(t *testing.T, phone *skinnyphone.Phone, hertz int) {
	t.Helper()
	await(t, phone, func(s skinnyphone.Snapshot) bool {
		for _, stream := range s.Streams {
			if stream.Hears(hertz) {
				return true
			}
		}
		return false
	})
}

func TestServedCall(t *testing.T) {
	process := floor(t)
	for _, version := range []skinny.Version{3, 11, 17, 22} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "call.pcap")
			file, err := os.Create(path)
			must(t, err)
			defer file.Close()
			capture := skinnyphonetest.NewCapture(file)
			alice := plug(t, process, skinnyphone.Options{DeviceName: alicesPhone, ProtocolVersion: version, ToneHertz: 440, Tap: capture.Tap()})
			bob := plug(t, process, skinnyphone.Options{DeviceName: bobsPhone, ProtocolVersion: version, ToneHertz: 620, Tap: capture.Tap()})
			_, err = alice.Call(t.Context(), "2002")
			must(t, err)
			in(t, bob, skinny.StateRingIn)
			in(t, alice, skinny.StateRingOut)
			must(t, bob.Answer(t.Context()))
			in(t, alice, skinny.StateConnected)
			in(t, bob, skinny.StateConnected)
			hears(t, alice, 620)
			hears(t, bob, 440)
			must(t, alice.PressKeypad("42#", skinny.Call{}))
			await(t, bob, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Digits == "42#" })
			must(t, alice.Hold(t.Context()))
			in(t, alice, skinny.StateHold)
			must(t, alice.Resume(t.Context()))
			in(t, alice, skinny.StateConnected)
			hears(t, alice, 620)
			hears(t, bob, 440)
			must(t, bob.HangUp(t.Context()))
			quiet(t, alice, bob)
			alice.Close()
			bob.Close()
			must(t, capture.Err())
			judgeCall(t, path)
		})
	}
}

// judgeCall has tshark, where it is installed, read a call.
func judgeCall(t *testing.T, path string) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		return
	}
	if malformed := judge(t, tshark, path, "-Y", "_ws.malformed || _ws.expert.severity == error"); malformed != "" {
		t.Errorf("malformed:\n%s", malformed)
	}
	read := readCall(t, tshark, path)
	want := map[string]reading{
		alicesPort: {
			// Off hook, proceed, ring out, connected, hold, off hook again, connected, on hook.
			states: "1 12 3 5 8 1 5 2", parties: "Alice<2001> Bob<2002> 2", dialled: "2002",
			// On hook, off hook, digits following, ring out, connected, on hold, connected, on hook.
			keys: "0 4 6 8 1 2 1 0",
		},
		bobsPort: {
			// Ring in, off hook, connected, on hook.
			states: "4 1 5 2", parties: "Alice<2001> Bob<2002> 1", keys: "0 3 1 0",
		},
	}
	if diff := cmp.Diff(want, read, cmp.AllowUnexported(reading{})); diff != "" {
		t.Errorf("tshark reads otherwise (-want +got):\n%s", diff)
	}
}

// Ports that a Capture gives the first phones.
const alicesPort, bobsPort = "40000", "40001"

// reading is what tshark reads of what a phone is told of a call.
type reading struct {
	// states of the call, parties and direction as first told, the number
	// dialled, and sets of soft keys, each as it changes.
	states, parties, dialled, keys string
}

// readCall reads what each phone was told, by its port.
func readCall(t *testing.T, tshark, path string) map[string]reading {
	t.Helper()
	names := []string{
		"callState", "softKeySetIndex", "dialedNumber", "callType", "callingPartyName", "callingParty", "calledPartyName", "calledParty",
	}
	arguments := []string{"-Y", "skinny && ip.dst == 10.0.1.1", "-T", "fields", "-e", "tcp.dstport"}
	for _, name := range names {
		arguments = append(arguments, "-e", "skinny."+name)
	}
	read := make(map[string]reading)
	for line := range strings.Lines(judge(t, tshark, path, arguments...)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		field := func(name string) string {
			value := fields[1+slices.Index(names, name)]
			if n, err := strconv.ParseUint(value, 0, 32); err == nil && strings.HasPrefix(value, "0x") {
				return strconv.FormatUint(n, 10)
			}
			return value
		}
		r := read[fields[0]]
		r.states = appended(r.states, field("callState"))
		r.keys = appended(r.keys, field("softKeySetIndex"))
		if r.dialled == "" {
			r.dialled = field("dialedNumber")
		}
		if r.parties == "" && field("callType") != "" {
			r.parties = fmt.Sprintf("%s<%s> %s<%s> %s", field("callingPartyName"), field("callingParty"), field("calledPartyName"), field("calledParty"), field("callType"))
		}
		read[fields[0]] = r
	}
	return read
}

// appended is a list with one more value, unless it is the last one again.
func appended(list, value string) string {
	switch {
	case value == "" || strings.HasSuffix(" "+list, " "+value):
		return list
	case list == "":
		return value
	}
	return list + " " + value
}

func TestServedTransferAndConference(t *testing.T) {
	process := floor(t)
	alice := plug(t, process, skinnyphone.Options{DeviceName: alicesPhone, ToneHertz: 440})
	bob := plug(t, process, skinnyphone.Options{DeviceName: bobsPhone, ToneHertz: 620})
	guest := plug(t, process, skinnyphone.Options{DeviceName: guestsPhone, ToneHertz: 500, AnswerAfter: time.Millisecond})

	_, err := bob.Call(t.Context(), "2001")
	must(t, err)
	in(t, alice, skinny.StateRingIn)
	must(t, alice.Answer(t.Context()))
	in(t, alice, skinny.StateConnected)
	must(t, alice.Transfer(t.Context(), "2009"))
	quiet(t, alice)
	hears(t, bob, 500)
	hears(t, guest, 620)
	if call, _ := bob.Snapshot().OnDisplay(); call.Peer().Number != "2009" {
		t.Errorf("Bob talks with %+v", call.Peer())
	}
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob, guest)

	_, err = alice.Call(t.Context(), "2002")
	must(t, err)
	in(t, bob, skinny.StateRingIn)
	must(t, bob.Answer(t.Context()))
	in(t, alice, skinny.StateConnected)
	second, err := alice.Consult(t.Context(), skinny.KeyConference, "2009")
	must(t, err)
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		call, _ := s.Call(second)
		return call.State == skinny.StateConnected
	})
	must(t, alice.Complete(t.Context(), skinny.KeyConference, second))
	for phone, tones := range map[*skinnyphone.Phone][]int{alice: {620, 500}, bob: {440, 500}, guest: {440, 620}} {
		for _, hertz := range tones {
			hears(t, phone, hertz)
		}
	}
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice)
	hears(t, bob, 500)
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob, guest)
}

func TestServedTransferAndConferenceWithSIP(t *testing.T) {
	process := floor(t)
	alice := plug(t, process, skinnyphone.Options{DeviceName: alicesPhone, ToneHertz: 500})
	bob := plug(t, process, skinnyphone.Options{DeviceName: bobsPhone, ToneHertz: 620})
	carol := sipPhone(t, process, "2003")

	_, err := bob.Call(t.Context(), "2001")
	must(t, err)
	in(t, alice, skinny.StateRingIn)
	must(t, alice.Answer(t.Context()))
	in(t, alice, skinny.StateConnected)
	must(t, alice.Transfer(t.Context(), "2003"))
	quiet(t, alice)
	hears(t, bob, 440)
	must(t, bob.HangUp(t.Context()))
	quiet(t, bob)

	_, err = alice.Call(t.Context(), "2002")
	must(t, err)
	in(t, bob, skinny.StateRingIn)
	must(t, bob.Answer(t.Context()))
	in(t, alice, skinny.StateConnected)
	second, err := alice.Consult(t.Context(), skinny.KeyConference, "2003")
	must(t, err)
	await(t, alice, func(s skinnyphone.Snapshot) bool {
		call, _ := s.Call(second)
		return call.State == skinny.StateConnected
	})
	must(t, alice.Complete(t.Context(), skinny.KeyConference, second))
	hears(t, alice, 440)
	hears(t, alice, 620)
	hears(t, bob, 440)
	hears(t, bob, 500)
	must(t, alice.HangUp(t.Context()))
	quiet(t, alice)
	hears(t, bob, 440)
	for _, call := range carol.Calls() {
		must(t, call.Hangup())
	}
	quiet(t, bob)
}

// sipPhone is a SIP phone that answers by itself.
func sipPhone(t *testing.T, process *allinonetest.Process, number string) *softphone.Phone {
	t.Helper()
	registered := make(chan struct{}, 100)
	phone, err := softphone.New(softphone.Settings{
		Number: number, Username: number, Password: "sample-carol", Domain: "127.0.0.1", Registrar: process.Server("udp"), AnswerAfter: 50 * time.Millisecond,
		Report: func(r softphone.Report) {
			t.Log(r)
			if r.Kind == softphone.Registered {
				registered <- struct{}{}
			}
		},
	})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- phone.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-ended)
	})
	select {
	case <-registered:
	case <-time.After(patience):
		t.Fatal("the SIP phone is not registered")
	}
	return phone
}

func TestServedSharedLine(t *testing.T) {
	process := floor(t)
	alice := plug(t, process, skinnyphone.Options{DeviceName: alicesPhone})
	bob := plug(t, process, skinnyphone.Options{DeviceName: bobsPhone})
	guest := plug(t, process, skinnyphone.Options{DeviceName: guestsPhone, Media: skinnyphone.MediaSilent})
	_, err := guest.Call(t.Context(), "2010")
	must(t, err)
	shared := in(t, alice, skinny.StateRingIn)
	if shared.Line != 2 {
		t.Errorf("it rings at line %d", shared.Line)
	}
	in(t, bob, skinny.StateRingIn)
	if snapshot := bob.Snapshot(); snapshot.Ringer != skinny.RingOff || snapshot.Lamp(skinny.StimulusLine, 2) != skinny.LampBlink {
		t.Errorf("Bob's phone shows %s", snapshot)
	}
	must(t, alice.Answer(t.Context()))
	in(t, alice, skinny.StateConnected)
	in(t, bob, skinny.StateRemoteMultiline)
	must(t, guest.HangUp(t.Context()))
	quiet(t, alice, bob, guest)
	if snapshot := bob.Snapshot(); len(snapshot.Missed) > 0 {
		t.Errorf("Bob missed %v", snapshot.Missed)
	}
}
