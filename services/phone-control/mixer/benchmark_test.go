// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"fmt"
	"testing"

	"github.com/pion/rtp"
)

// BenchmarkConference measures 20 ms of one conference in which everybody talks:
// a packet of each party is taken, mixed and one to each is made. The sockets
// cost nothing here; see BenchmarkLoopback for all of it.
func BenchmarkConference(b *testing.B) {
	for _, parties := range []int{3, 8, 16} {
		b.Run(fmt.Sprint(parties), func(b *testing.B) { benchmarkConference(b, parties, parties) })
	}
	b.Run("16-of-which-2-talk", func(b *testing.B) { benchmarkConference(b, 16, 2) })
}

func benchmarkConference(b *testing.B, parties, talking int) {
	bench := newBench(b, nil)
	phones := make([]*phone, parties)
	payload := make([]byte, frameSamples)
	for i := range phones {
		phones[i] = bench.phone([]Codec{PCMU, PCMA}[i%2], nil)
		phones[i].socket.discard = true
		phones[i].join("conference", Active)
		defer phones[i].Close()
	}
	c := bench.mixer.conferences["conference"]
	readers := make([]reader, parties)
	packet := rtp.Packet{Version: 2, SSRC: 1, Payload: payload}
	for i := range payload {
		payload[i] = byte(i * 11)
	}
	b.ReportAllocs()
	for b.Loop() {
		packet.SequenceNumber++
		packet.Timestamp += frameSamples
		for i, f := range phones[:talking] {
			packet.PayloadType = f.codec.PayloadType()
			n, _ := packet.MarshalTo(readers[i].datagram[:])
			f.Port.(*port).take(&readers[i], n, f.address)
		}
		c.tick(c.clock)
	}
	perParty := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(parties)
	b.ReportMetric(perParty, "ns/party")
	b.ReportMetric(perParty*50*100/1e9*100, "%core/100parties")
}

// BenchmarkHold measures 20 ms of a port that is played music.
func BenchmarkHold(b *testing.B) {
	bench := newBench(b, nil)
	held := bench.phone(PCMA, nil)
	defer held.Close()
	held.socket.discard = true
	if err := held.Play(Music, nil); err != nil {
		b.Fatal(err)
	}
	p := held.Port.(*port)
	b.ReportAllocs()
	for b.Loop() {
		p.tick(p.clock)
	}
}
