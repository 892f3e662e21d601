// SPDX-License-Identifier: Apache-2.0

package skinnyphonetest

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// Fields of a pcap file and of the packets in it.
const (
	pcapMagic   = 0xa1b2c3d4
	linkTypeRaw = 101 // IP without a link layer
	ipHeader    = 20
	tcpHeader   = 20
	protocolTCP = 6
	tcpPushAck  = 0x18
	skinnyPort  = 2000
	firstPort   = 40000
	// maxSegment is what one packet carries, so that long frames go over several.
	maxSegment = 1400
)

// Capture writes the frames of phones as a pcap file, as if each phone had one
// TCP connection to port 2000, for other programs to read. It may be used from
// any goroutine.
type Capture struct {
	mutex  sync.Mutex
	out    io.Writer
	phones int
	err    error
}

// NewCapture begins a file.
func NewCapture(out io.Writer) *Capture {
	c := &Capture{out: out}
	header := binary.LittleEndian.AppendUint32(nil, pcapMagic)
	header = binary.LittleEndian.AppendUint16(header, 2)
	header = binary.LittleEndian.AppendUint16(header, 4)
	header = append(header, make([]byte, 8)...)
	header = binary.LittleEndian.AppendUint32(header, 1<<16)
	header = binary.LittleEndian.AppendUint32(header, linkTypeRaw)
	c.write(header)
	return c
}

// Err is what went wrong first.
func (c *Capture) Err() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.err
}

func (c *Capture) write(bytes []byte) {
	if c.err != nil {
		return
	}
	if _, err := c.out.Write(bytes); err != nil {
		c.err = fmt.Errorf("write capture: %w", err)
	}
}

// Tap is the Tap of one more phone.
func (c *Capture) Tap() func(sent bool, frame []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	port := uint16(firstPort + c.phones)
	address := byte(1 + c.phones/250)
	c.phones++
	sequences := map[bool]uint32{true: 1, false: 1}
	return func(sent bool, frame []byte) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		for len(frame) > 0 {
			piece := frame[:min(len(frame), maxSegment)]
			c.packet(sent, address, port, sequences[sent], sequences[!sent], piece)
			sequences[sent] += uint32(len(piece))
			frame = frame[len(piece):]
		}
	}
}

func (c *Capture) packet(sent bool, address byte, port uint16, sequence, acknowledged uint32, piece []byte) {
	phone, server := [4]byte{10, 0, 1, address}, [4]byte{10, 0, 0, 1}
	from, to, fromPort, toPort := phone, server, port, uint16(skinnyPort)
	if !sent {
		from, to, fromPort, toPort = server, phone, skinnyPort, port
	}
	size := ipHeader + tcpHeader + len(piece)
	now := time.Now()
	packet := binary.LittleEndian.AppendUint32(nil, uint32(now.Unix()))
	packet = binary.LittleEndian.AppendUint32(packet, uint32(now.Nanosecond()/1000))
	packet = binary.LittleEndian.AppendUint32(packet, uint32(size))
	packet = binary.LittleEndian.AppendUint32(packet, uint32(size))

	packet = append(packet, 0x45, 0)
	packet = binary.BigEndian.AppendUint16(packet, uint16(size))
	packet = append(packet, 0, 0, 0, 0, 64, protocolTCP, 0, 0)
	packet = append(append(packet, from[:]...), to[:]...)

	packet = binary.BigEndian.AppendUint16(packet, fromPort)
	packet = binary.BigEndian.AppendUint16(packet, toPort)
	packet = binary.BigEndian.AppendUint32(packet, sequence)
	packet = binary.BigEndian.AppendUint32(packet, acknowledged)
	packet = append(packet, tcpHeader/4<<4, tcpPushAck, 0xff, 0xff, 0, 0, 0, 0)
	c.write(append(packet, piece...))
}
