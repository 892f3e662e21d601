// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"net"
	"time"
)

// writeTimeout is how long a phone may take nothing.
const writeTimeout = 10 * time.Second

// patient is a phone's connection that ends when the phone says nothing, or
// takes nothing, for too long. What it said before registering was read already.
type patient struct {
	net.Conn
	silence time.Duration
}

// Read implements net.Conn.
func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.silence)); err != nil {
		return 0, err //nolint:wrapcheck // as a connection
	}
	return p.Conn.Read(b) //nolint:wrapcheck // as a connection
}

// Write implements net.Conn.
func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err //nolint:wrapcheck // as a connection
	}
	return p.Conn.Write(b) //nolint:wrapcheck // as a connection
}
