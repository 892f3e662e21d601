// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"net"

	"offhook.dev/offhook/audio"
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

// direct points the call's stream at the remote address and starts or stops
// sending.
func (c *Call) direct(remote *net.UDPAddr, payloadType uint8, direction Direction) {
	if remote == nil || !direction.sends() {
		c.audio.Stop()
		return
	}
	c.audio.Send(remote.AddrPort(), audio.Format{PayloadType: payloadType})
}
