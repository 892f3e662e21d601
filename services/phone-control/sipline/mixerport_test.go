// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// withMixer gives the driver a mixer on real sockets, and the phones sockets
// that take RTP.
func withMixer(t *testing.T, s *script, music configv1.MusicOnHold, change func(*mixer.Settings), phones ...*phone) map[*phone]*ear {
	t.Helper()
	settings := mixer.NewDefaultSettings(netip.MustParseAddr("127.0.0.1"))
	settings.FirstPort, settings.LastPort = 0, 0
	if change != nil {
		change(&settings)
	}
	m, err := mixer.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	configured := make(chan struct{})
	s.work <- func() {
		s.driver.mixer = m
		s.driver.config().Config.Media = &configv1.Media{MusicOnHold: music}
		close(configured)
	}
	receive(t, configured, "mixer")
	ears := make(map[*phone]*ear)
	for _, p := range phones {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = socket.Close() })
		p.media = socket.LocalAddr().(*net.UDPAddr).Port
		ears[p] = &ear{t: t, socket: socket}
	}
	return ears
}

// ear is a phone's end of RTP.
type ear struct {
	t      *testing.T
	socket *net.UDPConn
	server netip.AddrPort
	sent   rtp.Header
}

// hears waits for a packet that is wanted.
func (e *ear) hears(what string, wanted func(rtp.Packet) bool) rtp.Packet {
	e.t.Helper()
	_ = e.socket.SetReadDeadline(time.Now().Add(waitLong))
	datagram := make([]byte, 1500)
	for {
		n, from, err := e.socket.ReadFromUDPAddrPort(datagram)
		if err != nil {
			e.t.Fatalf("no %s: %v", what, err)
		}
		var packet rtp.Packet
		if err := packet.Unmarshal(datagram[:n]); err != nil {
			e.t.Fatal(err)
		}
		if from == e.server && wanted(packet) {
			return packet
		}
	}
}

func (e *ear) says(payloadType uint8, payload []byte) {
	e.t.Helper()
	e.sent.Version, e.sent.SSRC, e.sent.PayloadType = 2, 7, payloadType
	e.sent.SequenceNumber++
	octets, err := (&rtp.Packet{Header: e.sent, Payload: payload}).Marshal()
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.socket.WriteToUDPAddrPort(octets, e.server); err != nil {
		e.t.Fatal(err)
	}
}

// mixed has a phone's media taken to the mixer: it is offered the mixer's
// address with a direction.
func (e *ear) mixed(p *phone, direction, answer string) {
	e.t.Helper()
	tx := receive(e.t, p.requests, "re-INVITE at phone "+p.number)
	stream, err := media.StreamOf(tx.Request().Body())
	if err != nil || string(stream.Direction) != direction || stream.Address.Port() == 0 {
		e.t.Fatalf("phone %s is offered %+v (%v), want direction %s", p.number, stream, err, direction)
	}
	e.server = stream.Address
	if err := tx.Respond(200, "", sipstack.WithBody(p.sdp(answer), "application/sdp")); err != nil {
		e.t.Fatal(err)
	}
	p.acked()
}

func silent(payload []byte) bool {
	return !slices.ContainsFunc(payload, func(octet byte) bool { return octet != 0xFF && octet != 0x7F })
}

func audible(packet rtp.Packet) bool { return packet.PayloadType == 0 && !silent(packet.Payload) }

func conference(leg callmodel.LegID, listenOnly bool) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: callmodel.InConference, Conference: "c1", ListenOnly: listenOnly}}
}

// TestConference takes three phones into a conference and one of them out of it
// again; digits go to all, and ports are given back.
func TestConference(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil, phones...)
	s.connected(phones[0], phones[1])
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	for _, p := range phones[:2] {
		p.reinvited("inactive", "inactive")
		p.acked()
	}
	s.want("MediaSet 1", "MediaSet 2")
	s.do(conference(1, false), conference(2, false), callmodel.Ring{Leg: 3, Line: "1003", Shown: callmodel.Party{Number: "1001"}})
	for _, p := range phones[:2] {
		ears[p].mixed(p, "sendrecv", "sendrecv")
	}
	tx := phones[2].invited()
	s.want("MediaSet 1", "MediaSet 2")
	s.on("LegAnswered 3", conference(3, true))
	phones[2].pickUp(tx, phones[2].sdp("inactive"))
	phones[2].acked()
	ears[phones[2]].mixed(phones[2], "sendrecv", "sendrecv")
	s.want("LegAnswered 3", "MediaSet 3")

	loud := []byte(strings.Repeat("\x20\xA0", 80))
	for range 20 {
		ears[phones[0]].says(0, loud)
		ears[phones[0]].sent.Timestamp += 160
	}
	for _, p := range phones[1:] {
		ears[p].hears("voice of 1001", audible)
	}

	// A key of 1002 in its media: the others get it, and the model is told.
	ears[phones[1]].says(101, []byte{5, 0x8A, 3, 0x20})
	s.want("LegDigits 2 5")
	for _, p := range []*phone{phones[0], phones[2]} {
		ears[p].hears("digit of 1002", func(packet rtp.Packet) bool { return packet.PayloadType == 101 && packet.Payload[0] == 5 })
	}
	// One that comes by INFO is given on the same way.
	if res := phones[0].request("INFO", []byte("Signal= 9\r\nDuration=160\r\n")); res.StatusCode != 200 {
		t.Errorf("INFO is answered %d", res.StatusCode)
	}
	s.want("LegDigits 1 9")
	ears[phones[1]].hears("digit of 1001", func(packet rtp.Packet) bool { return packet.PayloadType == 101 && packet.Payload[0] == 9 })

	s.do(callmodel.SendDigits{Leg: 2, Digits: "1#"})
	for _, event := range []byte{1, 11} {
		ears[phones[1]].hears("generated digit", func(packet rtp.Packet) bool {
			return packet.PayloadType == 101 && packet.Payload[0] == event && packet.Payload[1]&0x80 != 0
		})
	}
	s.want("DigitsSent 2")

	s.do(conference(3, false))
	s.want("MediaSet 3")
	s.do(callmodel.Release{Leg: 3, Cause: callmodel.CauseNormalClearing})
	phones[2].ended(sipstack.EndByeReceived)
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.work <- func() {
		for _, l := range s.driver.legs {
			if l.mixerPort != nil {
				t.Errorf("leg %d keeps its port of the mixer", l.id)
			}
		}
	}
	s.quiet()
}

// TestConferenceFull: who finds no room is told so, and stays where it was.
func TestConferenceFull(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, func(settings *mixer.Settings) { settings.MaxPorts = 1 }, phones...)
	s.connected(phones[0], phones[1])
	s.do(conference(1, false), conference(2, false))
	ears[phones[0]].mixed(phones[0], "sendrecv", "sendrecv")
	s.want("MediaSet 1", "CommandFailed 2 resourceLimitExceeded")
	s.quiet()
}

// TestNoMixer: a conference is refused where nothing could mix it.
func TestNoMixer(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.do(conference(1, false))
	s.want("CommandFailed 1 resourceOutOfService")
}

// TestMusicOnHold: the held phone hears music, says nothing, and is taken back.
func TestMusicOnHold(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_MUSIC, nil, phones...)
	s.connected(phones[0], phones[1])
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	ears[phones[1]].mixed(phones[1], "sendonly", "recvonly")
	s.want("MediaSet 1", "MediaSet 2")
	ears[phones[1]].hears("music", audible)
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestSilenceOnHold: the held phone goes on to get packets, of silence.
func TestSilenceOnHold(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_SILENCE, nil, phones...)
	s.connected(phones[0], phones[1])
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	ears[phones[1]].mixed(phones[1], "sendonly", "recvonly")
	s.want("MediaSet 1", "MediaSet 2")
	for range 3 {
		if packet := ears[phones[1]].hears("silence", func(rtp.Packet) bool { return true }); audible(packet) {
			t.Error("the held phone hears something")
		}
	}
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestRingbackOfServerMadeCall: who was made to call hears the other phone ring.
func TestRingbackOfServerMadeCall(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil, phones...)
	s.do(callmodel.Ring{Leg: 1, Line: "1001", Shown: callmodel.Party{Number: "1002"}, AutoAnswer: true})
	tx := phones[0].invited()
	s.on("LegAnswered 1", callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}}, mediaOf(1, callmodel.Ringback))
	phones[0].pickUp(tx, phones[0].sdp("inactive"))
	phones[0].acked()
	ears[phones[0]].mixed(phones[0], "sendrecv", "sendrecv")
	s.want("LegAnswered 1", "MediaSet 1")
	ears[phones[0]].hears("ringback", audible)
	s.on("LegAnswered 2", together(1, 2)...)
	phones[1].pickUp(phones[1].invited(), phones[1].sdp("sendrecv"))
	phones[0].reinvited("sendrecv", "sendrecv")
	phones[0].acked()
	phones[1].acked()
	s.want("LegAnswered 2", "MediaSet 1", "MediaSet 2")
}

// TestDigitsByInfo: phone to phone, digits are sent in the dialog.
func TestDigitsByInfo(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.do(callmodel.SendDigits{Leg: 2, Digits: "7,#", Tone: 40 * time.Millisecond, Pause: time.Millisecond})
	for _, want := range []string{"Signal=7\r\nDuration=40\r\n", "Signal=#\r\nDuration=40\r\n"} {
		tx := receive(t, phones[1].requests, "INFO")
		if got := string(tx.Request().Body()); tx.Request().Method != "INFO" || got != want {
			t.Errorf("%s %q, want %q", tx.Request().Method, got, want)
		}
		_ = tx.Respond(200, "")
	}
	s.want("DigitsSent 2")
	// Commands are carried out one after the other, whatever becomes of each.
	s.do(callmodel.SendDigits{Leg: 2, Digits: "12"}, callmodel.SendDigits{Leg: 2, Digits: "3", Tone: 40 * time.Millisecond})
	_ = receive(t, phones[1].requests, "INFO").Reject(415)
	s.want("CommandFailed 2 requestIncompatibleWithDevice")
	tx := receive(t, phones[1].requests, "INFO")
	if got := string(tx.Request().Body()); !strings.HasPrefix(got, "Signal=3") {
		t.Errorf("INFO %q, want that of the next command", got)
	}
	_ = tx.Respond(200, "")
	s.want("DigitsSent 2")
	s.quiet()
}

func TestPressedKey(t *testing.T) {
	for _, tt := range []struct {
		mediaType, body string
		digit           byte
		ms              int
	}{
		{dtmfRelay, "Signal=5\r\nDuration=160\r\n", '5', 160},
		{dtmfRelay, "signal= *\nduration = 7\n", '*', 40},
		{dtmfRelay, "Duration=99999\r\nSignal=11", '#', 6000},
		{dtmfRelay, "Signal=d\r\n", 'D', 40},
		{dtmfPlain, "3\r\n", '3', 40},
		{dtmfPlain, "33", 0, 0},
		{dtmfRelay, "Signal=!\r\n", 0, 0},
		{"application/csta+xml", "5", 0, 0},
	} {
		digit, tone, ok := pressedKey(tt.mediaType, []byte(tt.body))
		if digit != tt.digit || tone != time.Duration(tt.ms)*time.Millisecond || ok != (tt.digit != 0) {
			t.Errorf("%s %q: %q %v %v", tt.mediaType, tt.body, digit, tone, ok)
		}
	}
}
