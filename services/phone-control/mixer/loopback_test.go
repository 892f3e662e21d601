// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"

	"offhook.dev/services/phone-control/mixer/g711"
)

// talkersVariable makes this test program the phones of BenchmarkLoopback: it
// lists the ports to talk to.
const talkersVariable = "OFFHOOK_MIXER_TALKERS"

// startLoopback runs a mixer on real sockets.
func startLoopback(tb testing.TB) *RTPMixer {
	tb.Helper()
	settings := NewDefaultSettings(local)
	settings.FirstPort, settings.LastPort = 0, 0
	m, err := New(settings)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	return m
}

// TestLoopback has two phones on real sockets hear each other through a
// conference.
func TestLoopback(t *testing.T) {
	m := startLoopback(t)
	var sockets [2]*net.UDPConn
	var ports [2]Port
	for i := range sockets {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.Close() }()
		p, err := m.Open(PortOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.SetRemote(Remote{Address: socket.LocalAddr().(*net.UDPAddr).AddrPort(), Codec: []Codec{PCMU, PCMA}[i]}); err != nil {
			t.Fatal(err)
		}
		if err := p.Join(Conference{Name: "c"}, Active); err != nil {
			t.Fatal(err)
		}
		sockets[i], ports[i] = socket, p
	}
	loud := make([]int16, frameSamples)
	for i := range loud {
		loud[i] = []int16{8000, -8000}[i/4%2]
	}
	packet := rtp.Packet{Version: 2, SSRC: 5, Payload: make([]byte, frameSamples)}
	g711.MuLaw.Encode(packet.Payload, loud)
	datagram := make([]byte, 1500)
	deadline := time.Now().Add(10 * time.Second)
	_ = sockets[1].SetReadDeadline(deadline)
	for { // the phone that hears gives the time: a packet each 20 ms
		packet.SequenceNumber++
		packet.Timestamp += frameSamples
		octets, _ := packet.Marshal()
		if _, err := sockets[0].WriteToUDPAddrPort(octets, ports[0].LocalAddress()); err != nil {
			t.Fatal(err)
		}
		n, from, err := sockets[1].ReadFromUDPAddrPort(datagram)
		if err != nil {
			t.Fatalf("nothing heard: %v; %+v", err, ports[0].Statistics())
		}
		var heard rtp.Packet
		if err := heard.Unmarshal(datagram[:n]); err != nil || from != ports[1].LocalAddress() || heard.PayloadType != 8 {
			t.Fatalf("%v from %v: %v", heard, from, err)
		}
		samples := make([]int16, len(heard.Payload))
		g711.ALaw.Decode(samples, heard.Payload)
		if level(samples, 1000) > 6000 {
			return
		}
	}
}

// BenchmarkLoopback measures the whole cost of parties, sockets included: the
// phones are another process that sends a packet each 20 ms for each party.
// ns/op is the wall clock, which says nothing.
func BenchmarkLoopback(b *testing.B) {
	for _, parties := range []int{3, 8, 16} {
		b.Run(fmt.Sprint(parties), func(b *testing.B) {
			const inAll = 96
			for b.Loop() {
				benchmarkLoopback(b, inAll, parties)
			}
		})
	}
}

func benchmarkLoopback(b *testing.B, inAll, parties int) {
	m := startLoopback(b)
	var ports []Port
	var numbers []string
	for i := range inAll {
		p, err := m.Open(PortOptions{Latch: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.SetRemote(Remote{Codec: []Codec{PCMU, PCMA}[i%2]}); err != nil {
			b.Fatal(err)
		}
		if err := p.Join(Conference{Name: fmt.Sprint(i / parties)}, Active); err != nil {
			b.Fatal(err)
		}
		ports = append(ports, p)
		numbers = append(numbers, p.LocalAddress().String())
	}
	talkers := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestTalkers$")
	talkers.Env = append(os.Environ(), talkersVariable+"="+strings.Join(numbers, ","))
	stdin, err := talkers.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := talkers.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := talkers.Start(); err != nil {
		b.Fatal(err)
	}
	said := bufio.NewReader(stdout)
	second := func() {
		if line, err := said.ReadString('\n'); err != nil {
			b.Fatalf("the phones said %q: %v", line, err)
		}
	}
	second() // everything has begun
	before, beforeTime := processTime(b), time.Now()
	for range 4 {
		second()
	}
	used, wall := processTime(b)-before, time.Since(beforeTime)
	_ = stdin.Close()
	_, _ = io.Copy(io.Discard, said)
	if err := talkers.Wait(); err != nil {
		b.Error(err)
	}
	var late, lost, sent uint64
	for _, p := range ports {
		s := p.Statistics()
		late, lost, sent = late+s.Late, lost+s.Lost, sent+s.PacketsSent
	}
	b.ReportMetric(float64(used.Nanoseconds())/(wall.Seconds()*50*float64(inAll)), "ns/party/frame")
	b.ReportMetric(100*used.Seconds()/wall.Seconds()*100/float64(inAll), "%core/100parties")
	b.ReportMetric(float64(late+lost), "late+lost")
	b.ReportMetric(float64(sent), "sent")
}

func processTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestTalkers is the other process of BenchmarkLoopback. It writes a line each
// second and ends with its input.
func TestTalkers(t *testing.T) {
	wanted := os.Getenv(talkersVariable)
	if wanted == "" {
		t.Skip("only for BenchmarkLoopback")
	}
	input := make(chan struct{})
	go func() {
		defer close(input)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	payload := make([]byte, frameSamples)
	for i := range payload {
		payload[i] = byte(17 * i)
	}
	type talker struct {
		socket *net.UDPConn
		to     netip.AddrPort
		packet rtp.Packet
	}
	var talkers []*talker
	for i, address := range strings.Split(wanted, ",") {
		socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = socket.Close() }()
		packet := rtp.Packet{Version: 2, SSRC: uint32(i), PayloadType: uint8(i % 2 * 8), Payload: payload}
		talkers = append(talkers, &talker{socket, netip.MustParseAddrPort(address), packet})
	}
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	octets := make([]byte, 1500)
	for frame := 1; ; frame++ {
		select {
		case <-input:
			return
		case <-ticker.C:
		}
		for _, to := range talkers {
			to.packet.SequenceNumber++
			to.packet.Timestamp += frameSamples
			n, err := to.packet.MarshalTo(octets)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := to.socket.WriteToUDPAddrPort(octets[:n], to.to); err != nil {
				t.Fatal(err)
			}
		}
		if frame%50 == 0 {
			_, _ = os.Stdout.WriteString(".\n")
		}
	}
}
