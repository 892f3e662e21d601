// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sipstack

import (
	"net"
	"syscall"
)

// rawWriter writes to a socket without waiting for room.
type rawWriter struct{ raw syscall.RawConn }

func newRawWriter(conn net.Conn) rawWriter {
	tcp, isTCP := conn.(*net.TCPConn)
	if !isTCP {
		return rawWriter{}
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return rawWriter{}
	}
	return rawWriter{raw: raw}
}

func (w rawWriter) ok() bool { return w.raw != nil }

// try writes what the socket takes now.
func (w rawWriter) try(b []byte) (n int, err error) {
	fault := w.raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case fault != nil:
		return 0, fault
	case err == syscall.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, err
	}
	return max(n, 0), nil
}
