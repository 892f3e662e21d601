// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// Framing of G.711 audio as every phone sends it (RFC 3551 4.2).
const (
	packetInterval   = 20 * time.Millisecond
	samplesPerPacket = 160
	toneHertz        = 440
	sampleRate       = 8000
)

// Direction is the media direction of an SDP stream (RFC 8866 6.7), as this
// side sees it.
type Direction string

// Directions of a stream.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

func (d Direction) sends() bool { return d == SendRecv || d == SendOnly }

// reversed is the direction the other side sees.
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	default:
		return d
	}
}

// audio is one RTP stream pair: a tone out, counters in. It owns its socket
// and two goroutines until close.
type audio struct {
	socket   *net.UDPConn
	remote   atomic.Pointer[net.UDPAddr]
	sending  atomic.Bool
	payload  atomic.Uint32
	sent     atomic.Uint64
	received atomic.Uint64
	cancel   context.CancelFunc
	done     chan struct{}
}

func openAudio(ctx context.Context, localIP string) (*audio, error) {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(localIP)})
	if err != nil {
		return nil, fmt.Errorf("open rtp socket: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	a := &audio{socket: socket, cancel: cancel, done: make(chan struct{}, 2)}
	go a.send(ctx)
	go a.receive()
	return a, nil
}

func (a *audio) close() {
	a.cancel()
	_ = a.socket.Close()
	<-a.done
	<-a.done
}

func (a *audio) port() int { return a.socket.LocalAddr().(*net.UDPAddr).Port }

// direct points the stream at the remote address and starts or stops sending.
func (a *audio) direct(remote *net.UDPAddr, payloadType uint8, direction Direction) {
	a.payload.Store(uint32(payloadType))
	a.remote.Store(remote)
	a.sending.Store(direction.sends() && remote != nil && remote.Port != 0 && !remote.IP.IsUnspecified())
}

func (a *audio) receive() {
	defer func() { a.done <- struct{}{} }()
	buffer := make([]byte, 2048)
	var packet rtp.Packet
	for {
		n, _, err := a.socket.ReadFromUDP(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP refusal of an earlier packet
		}
		if packet.Unmarshal(buffer[:n]) == nil && packet.Version == 2 {
			a.received.Add(1)
		}
	}
}

func (a *audio) send(ctx context.Context) {
	defer func() { a.done <- struct{}{} }()
	ticker := time.NewTicker(packetInterval)
	defer ticker.Stop()
	packet := rtp.Packet{Header: rtp.Header{
		Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(), // #nosec G404 -- RTP wants no secrecy here
	}}
	tones := map[uint8][]byte{payloadPCMU: tone(linearToMuLaw), payloadPCMA: tone(linearToALaw)}
	buffer := make([]byte, 1500)
	for offset := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		packet.SequenceNumber++
		packet.Timestamp += samplesPerPacket
		remote := a.remote.Load()
		if remote == nil || !a.sending.Load() {
			continue
		}
		packet.PayloadType = uint8(a.payload.Load()) // #nosec G115 -- stored from a uint8
		samples := tones[packet.PayloadType]
		packet.Payload = samples[offset : offset+samplesPerPacket]
		offset = (offset + samplesPerPacket) % sampleRate
		n, err := packet.MarshalTo(buffer)
		if err != nil {
			continue
		}
		if _, err := a.socket.WriteToUDP(buffer[:n], remote); err == nil {
			a.sent.Add(1)
		}
	}
}

// tone is one second of a sine, in which whole packets and whole periods fit.
func tone(encode func(int16) byte) []byte {
	samples := make([]byte, sampleRate)
	for i := range samples {
		samples[i] = encode(int16(8000 * math.Sin(2*math.Pi*toneHertz*float64(i)/sampleRate)))
	}
	return samples
}
