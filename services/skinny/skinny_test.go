// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

var compareAddresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// dialects are one of each layout.
func dialects() []Dialect {
	return []Dialect{{Version: 3}, {Version: 8}, {Version: 11}, {Version: 16}, {Version: 17, UTF8: true}, {Version: 18}, {Version: 22, UTF8: true}}
}

func TestEveryMessageSurvivesItsLayouts(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects() {
		for _, m := range samples() {
			wire := Append(nil, m, dialect)
			frame, rest, ok, err := Cut(wire)
			if err != nil || !ok || len(rest) > 0 {
				t.Fatalf("%s in version %d: Cut gives %v, %v, %d bytes more", m.ID(), dialect.Version, ok, err, len(rest))
			}
			read := frame.Message(dialect)
			if again := Append(nil, read, dialect); !bytes.Equal(wire, again) {
				t.Errorf("%s in version %d:\n%x is written again as\n%x", m.ID(), dialect.Version, wire, again)
			}
		}
	}
}

// In the newest version no field is lost.
func TestFieldsSurvive(t *testing.T) {
	t.Parallel()
	dialect := Dialect{Version: 22, UTF8: true}
	for _, m := range samples() {
		frame, _, _, _ := Cut(Append(nil, m, dialect)) //nolint:dogsled // compared below
		if diff := cmp.Diff(m, frame.Message(dialect), compareAddresses); diff != "" {
			t.Errorf("%s is read otherwise than written (-want +got):\n%s", m.ID(), diff)
		}
	}
}

func TestGoldenBytes(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "messages.txt")
	var got strings.Builder
	for _, m := range samples() {
		var before []byte
		for _, version := range []Version{3, 11, 17, 22} {
			wire := Append(nil, m, Dialect{Version: version, UTF8: true})
			if bytes.Equal(wire[8:], before) {
				continue
			}
			before = bytes.Clone(wire[8:])
			fmt.Fprintf(&got, "%s, version %d\n", m.ID(), version)
			for line := range strings.Lines(hex.Dump(wire)) {
				got.WriteString("  " + line)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("bytes have changed (-want +got):\n%s", diff)
	}
}

// The least payloads that Wireshark accepts, by header version 0, 11, 17, 22.
func TestPayloadsAreLongEnough(t *testing.T) {
	t.Parallel()
	for _, least := range []struct {
		message Message
		sizes   [4]int
	}{
		{&Register{}, [4]int{36, 36, 36, 36}},
		{&RegisterAck{}, [4]int{20, 20, 20, 20}},
		{&RegisterReject{}, [4]int{32, 32, 32, 32}},
		{&CapabilitiesRes{}, [4]int{4, 4, 4, 4}},
		{&ButtonTemplate{}, [4]int{16, 16, 16, 16}},
		{&ConfigStat{}, [4]int{112, 112, 112, 112}},
		{&LineStat{}, [4]int{112, 112, 112, 112}},
		{&ForwardStat{}, [4]int{92, 92, 92, 96}},
		{&DefineTimeDate{}, [4]int{36, 36, 36, 36}},
		{&FeatureStat{}, [4]int{52, 52, 52, 52}},
		{&CallState{}, [4]int{24, 24, 24, 24}},
		{&CallInfo{}, [4]int{384, 384, 384, 384}},
		{&DialedNumber{}, [4]int{32, 32, 32, 36}},
		{&SelectSoftKeys{}, [4]int{16, 16, 16, 16}},
		{&SetRinger{}, [4]int{16, 16, 16, 16}},
		{&SetLamp{}, [4]int{12, 12, 12, 12}},
		{&StartTone{}, [4]int{16, 16, 16, 16}},
		{&StopTone{}, [4]int{8, 12, 12, 12}},
		{&DisplayPromptStatus{}, [4]int{44, 44, 44, 44}},
		{&DisplayNotify{}, [4]int{36, 36, 36, 36}},
		{&DisplayPriNotify{}, [4]int{40, 40, 40, 40}},
		{&OpenReceiveChannel{}, [4]int{92, 108, 128, 128}},
		{&OpenReceiveChannelAck{}, [4]int{16, 16, 36, 36}},
		{&StartMediaTransmission{}, [4]int{112, 112, 132, 168}},
		{&StopMediaTransmission{}, [4]int{16, 16, 16, 16}},
		{&CloseReceiveChannel{}, [4]int{16, 16, 16, 16}},
	} {
		for i, version := range []Version{5, 11, 17, 22} {
			if got := len(Append(nil, least.message, Dialect{Version: version})) - headerSize; got < least.sizes[i] {
				t.Errorf("%s in version %d has %d bytes, want at least %d", least.message.ID(), version, got, least.sizes[i])
			}
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		phone, highest, want Version
		ok                   bool
	}{
		{3, 22, 3, true}, {22, 22, 22, true}, {22, 5, 5, true}, {11, 22, 11, true}, {14, 22, 11, true}, {16, 22, 16, true},
		{20, 22, 20, true}, {2, 22, 2, false}, {200, 22, 22, true}, {17, 200, 17, true},
	} {
		if got, ok := Negotiate(test.phone, test.highest); got != test.want || ok != test.ok {
			t.Errorf("Negotiate(%d, %d) = %d, %v", test.phone, test.highest, got, ok)
		}
	}
}

// A phone may leave the end of a message out.
func TestShortMessages(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects() {
		for _, m := range samples() {
			wire := Append(nil, m, dialect)
			frame, _, _, _ := Cut(wire) //nolint:dogsled // only the frame counts
			for n := range len(frame.Payload) {
				Frame{Version: frame.Version, ID: frame.ID, Payload: frame.Payload[:n]}.Message(dialect)
			}
		}
	}
	m := Frame{ID: IDSoftKeyEvent, Payload: []byte{3, 0, 0, 0}}.Message(Dialect{Version: 5})
	if diff := cmp.Diff(Message(&SoftKeyEvent{Key: KeyHold}), m); diff != "" {
		t.Errorf("a short SoftKeyEvent (-want +got):\n%s", diff)
	}
}

// Acknowledgements are told apart by their length, as phones do not keep to
// their version.
func TestAddressForms(t *testing.T) {
	t.Parallel()
	want := &OpenReceiveChannelAck{Address: netip.MustParseAddr("192.0.2.7"), Port: 16384, PassThroughParty: 5, Reference: 9}
	for _, version := range []Version{5, 17} {
		frame, _, _, _ := Cut(Append(nil, want, Dialect{Version: version})) //nolint:dogsled // only the frame counts
		frame.Version = 0
		if diff := cmp.Diff(Message(want), frame.Message(Dialect{Version: 5}), compareAddresses); diff != "" {
			t.Errorf("version %d (-want +got):\n%s", version, diff)
		}
	}
	ipv6 := &OpenReceiveChannelAck{Address: netip.MustParseAddr("2001:db8::7"), Port: 16384}
	frame, _, _, _ := Cut(Append(nil, ipv6, Dialect{Version: 22})) //nolint:dogsled // only the frame counts
	if diff := cmp.Diff(Message(ipv6), frame.Message(Dialect{Version: 22}), compareAddresses); diff != "" {
		t.Errorf("IPv6 (-want +got):\n%s", diff)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		utf8 bool
		want string
	}{
		{"Jörg", false, "Jörg"},
		{"Jörg", true, "Jörg"},
		{"Łukasz", false, "?ukasz"},
		{"Łukasz", true, "Łukasz"},
		{PhraseFrom.Text() + "1003", false, PhraseFrom.Text() + "1003"},
		{PhraseFrom.Text() + "Jörg", true, PhraseFrom.Text() + "Jörg"},
		{strings.Repeat("x", 40), false, strings.Repeat("x", 31)},
		{strings.Repeat("x", 30) + "ö", true, strings.Repeat("x", 30)},
		{strings.Repeat("x", 30) + PhraseBusy.Text(), false, strings.Repeat("x", 30)},
	} {
		dialect := Dialect{Version: 5, UTF8: test.utf8}
		frame, _, _, _ := Cut(Append(nil, &DisplayNotify{Text: test.text}, dialect)) //nolint:dogsled // only the frame counts
		if got := frame.Message(dialect).(*DisplayNotify).Text; got != test.want {   //nolint:forcetypeassert // as written
			t.Errorf("%q (UTF-8 %v) is read as %q, want %q", test.text, test.utf8, got, test.want)
		}
	}
	if got := Readable(PhraseFrom.Text() + "Jörg à " + PhraseBusy.Text()); got != "From Jörg à Busy" {
		t.Errorf("Readable gives %q", got)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	var stream []byte
	for _, m := range samples() {
		stream = Append(stream, m, Dialect{Version: 17})
	}
	for name, source := range map[string]io.Reader{
		"whole": bytes.NewReader(stream), "one byte at a time": iotest.OneByteReader(bytes.NewReader(stream)),
	} {
		r, n := NewReader(source), 0
		for {
			_, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			n++
		}
		if n != len(samples()) {
			t.Errorf("%s: %d frames are read, want %d", name, n, len(samples()))
		}
	}
}

func TestRefusedFrames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bytes string
		want  error
	}{
		"no id":           {"03000000 00000000 00000000", ErrLength},
		"giant":           {"ffffffff 00000000 01000000", ErrLength},
		"TLS":             {"16030102 00010001 fc0303aa", ErrLength},
		"HTTP":            {hex.EncodeToString([]byte("GET / HTTP/1.1\r\n")), ErrLength},
		"another version": {"04000000 41000000 00000000", ErrVersion},
		"half a header":   {"04000000 00", io.ErrUnexpectedEOF},
		"half a frame":    {"08000000 00000000 06000000 0102", io.ErrUnexpectedEOF},
		"nothing":         {"", io.EOF},
	} {
		wire, err := hex.DecodeString(strings.ReplaceAll(test.bytes, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewReader(bytes.NewReader(wire)).Read(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func FuzzFrame(f *testing.F) {
	for _, dialect := range dialects() {
		for _, m := range samples() {
			f.Add(Append(nil, m, dialect), uint8(dialect.Version), dialect.UTF8)
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, version uint8, utf bool) {
		dialect := Dialect{Version: MinVersion + Version(version)%(MaxVersion-MinVersion+1), UTF8: utf}
		frame, _, ok, err := Cut(wire)
		if err != nil || !ok {
			return
		}
		// What was read once is written and read the same for ever.
		first := Append(nil, frame.Message(dialect), dialect)
		frame, rest, ok, err := Cut(first)
		if err != nil || !ok || len(rest) > 0 {
			t.Fatalf("what Append wrote is not one frame: %v", err)
		}
		if second := Append(nil, frame.Message(dialect), dialect); !bytes.Equal(first, second) {
			t.Fatalf("version %d: %s is written as\n%x and then\n%x", dialect.Version, frame.ID, first, second)
		}
	})
}

func BenchmarkReadKeepAlive(b *testing.B) {
	wire := Append(nil, &KeepAlive{}, Dialect{Version: 17})
	b.ReportAllocs()
	for b.Loop() {
		frame, _, _, _ := Cut(wire) //nolint:dogsled // only the frame counts
		frame.Message(Dialect{Version: 17})
	}
}

func BenchmarkAppendCallInfo(b *testing.B) {
	m := &CallInfoDynamic{}
	m.Calling, m.Called = Party{"Alice", "1001"}, Party{"Bob", "1002"}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = Append(buffer[:0], m, Dialect{Version: 17})
	}
}
