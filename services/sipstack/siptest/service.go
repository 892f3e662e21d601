// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Service carries TCP connections to a server. Its methods may be called from any
// goroutine.
type Service struct {
	// Address is where clients connect to, host:port.
	Address string

	listener net.Listener
	group    sync.WaitGroup

	mutex    sync.Mutex
	server   string
	open     map[net.Conn]struct{}
	accepted int
	closed   bool
}

// NewService carries connections to a server until the test ends.
func NewService(t testing.TB, server string) *Service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{Address: listener.Addr().String(), listener: listener, server: server, open: make(map[net.Conn]struct{})}
	s.group.Go(s.accept)
	t.Cleanup(func() {
		s.mutex.Lock()
		s.closed = true
		s.mutex.Unlock()
		_ = listener.Close()
		s.Cut()
		s.group.Wait()
	})
	return s
}

// To has new connections go to another server; with "" they are closed at once.
// Those that are open stay.
func (s *Service) To(server string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.server = server
}

// Cut closes all connections.
func (s *Service) Cut() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for conn := range s.open {
		_ = conn.Close()
	}
}

// Accepted counts the connections that clients have made.
func (s *Service) Accepted() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.accepted
}

func (s *Service) accept() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.accepted++
		to := s.server
		s.mutex.Unlock()
		if to == "" {
			_ = client.Close()
			continue
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !s.keep(client, server) {
			return
		}
		s.group.Go(func() { s.carry(client, server) })
		s.group.Go(func() { s.carry(server, client) })
	}
}

// keep has both ends closed with the others; false: the test has ended.
func (s *Service) keep(ends ...net.Conn) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, end := range ends {
		if s.closed {
			_ = end.Close()
			continue
		}
		s.open[end] = struct{}{}
	}
	return !s.closed
}

// carry copies one direction; its end is that of both.
func (s *Service) carry(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.open, to)
	delete(s.open, from)
}
