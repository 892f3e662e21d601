// SPDX-License-Identifier: Apache-2.0

// Package skinnyphonetest is a Skinny call agent without a mind of its own, for
// tests of phones: it answers what phones ask for when they register, and sends
// what the test says.
package skinnyphonetest

import (
	"bufio"
	"net"
	"reflect"
	"sync"
	"testing"
	"time"

	"offhook.dev/services/skinny"
)

const patience = 10 * time.Second

// Server is a call agent that does what a test says.
type Server struct {
	// OnRegister, where set, is told of each Register instead of the usual answer.
	OnRegister func(*Desk, *skinny.Register)
	// Tokens are the desks that ask for one; the test answers.
	Tokens chan *Desk
	// KeepAlive in seconds, 30 unless the test changes it.
	KeepAlive uint32

	t        *testing.T
	listener net.Listener
	highest  skinny.Version
	arrived  chan *Desk
	work     sync.WaitGroup
}

// Desk is one connection of a phone.
type Desk struct {
	Connection net.Conn
	// Gone is closed at the end of the connection.
	Gone chan struct{}
	// Registered and Asked, the first 100 messages of the phone, are for reading
	// when the phone has registered, or gone.
	Registered *skinny.Register
	Asked      []skinny.ID

	server  *Server
	mutex   sync.Mutex
	dialect skinny.Dialect
	// sent are the phone's messages but those that the server answers by itself.
	sent chan skinny.Message
}

// Listen starts a server that speaks up to a version and ends with the test.
func Listen(t *testing.T, highest skinny.Version) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, listener, highest)
}

// Serve is Listen with a listener, which it closes.
func Serve(t *testing.T, listener net.Listener, highest skinny.Version) *Server {
	s := &Server{
		t: t, listener: listener, highest: highest, arrived: make(chan *Desk, 100), Tokens: make(chan *Desk, 10), KeepAlive: 30,
	}
	var desks sync.Map
	s.work.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			d := &Desk{
				server: s, Connection: connection, sent: make(chan skinny.Message, 1000),
				Gone: make(chan struct{}), dialect: skinny.Dialect{Version: skinny.MinVersion},
			}
			desks.Store(d, true)
			s.work.Go(d.read)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		desks.Range(func(key, _ any) bool { _ = key.(*Desk).Connection.Close(); return true })
		s.work.Wait()
	})
	return s
}

// Address is where phones connect.
func (s *Server) Address() string { return s.listener.Addr().String() }

func (d *Desk) read() {
	defer close(d.Gone)
	reader := skinny.NewReader(bufio.NewReader(d.Connection))
	for {
		frame, err := reader.Read()
		if err != nil {
			return
		}
		d.mutex.Lock()
		dialect := d.dialect
		d.mutex.Unlock()
		d.take(frame.Message(dialect))
	}
}

// Acknowledge serves the phone.
func (d *Desk) Acknowledge() {
	version, _ := skinny.Negotiate(skinny.Version(d.Registered.ProtocolVersion), d.server.highest)
	d.mutex.Lock()
	d.dialect = skinny.Dialect{Version: version, UTF8: d.Registered.Features&skinny.FeatureUTF8 != 0}
	d.mutex.Unlock()
	d.Send(&skinny.RegisterAck{KeepAlive: d.server.KeepAlive, DateTemplate: "D/M/Y", ProtocolVersion: uint8(version)}, &skinny.CapabilitiesReq{})
}

// Send sends messages in one write.
func (d *Desk) Send(messages ...skinny.Message) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var frames []byte
	for _, message := range messages {
		frames = skinny.Append(frames, message, d.dialect)
	}
	_, _ = d.Connection.Write(frames)
}

// Version that phone and server speak.
func (d *Desk) Version() skinny.Version {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.dialect.Version
}

// Next gives the phone's next message of a type, and passes over others.
func Next[T skinny.Message](d *Desk) T {
	d.server.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case message := <-d.sent:
			if m, ok := message.(T); ok {
				return m
			}
			d.server.t.Logf("passed over %T", message)
		case <-limit:
			d.server.t.Fatalf("phone sent no %v", reflect.TypeFor[T]())
		}
	}
}

// Desk is that of the next phone that has registered.
func (s *Server) Desk() *Desk {
	s.t.Helper()
	select {
	case d := <-s.arrived:
		return d
	case <-time.After(patience):
		s.t.Fatal("no phone registered")
		return nil
	}
}
