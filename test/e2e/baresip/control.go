// SPDX-License-Identifier: Apache-2.0

package baresip

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// controlTimeout bounds every wait for the phone, in real time.
const controlTimeout = 20 * time.Second

// Event is something the phone reported unasked, such as CALL_ESTABLISHED.
type Event struct {
	Type   string `json:"type"`
	CallID string `json:"id"`
	Peer   string `json:"peeruri"`
	Param  string `json:"param"`
}

type answer struct {
	OK    bool   `json:"ok"`
	Data  string `json:"data"`
	Token string `json:"token"`
}

type message struct {
	Event    bool `json:"event"`
	Response bool `json:"response"`
	Report   Event
	Answer   answer
}

// control speaks netstring-framed JSON with baresip's module ctrl_tcp.
type control struct {
	connection net.Conn
	answers    chan answer
	mutex      sync.Mutex
	events     []Event
	changed    chan struct{}
	sequence   int
	done       chan struct{}
}

func connect(t *testing.T, address string, exited <-chan struct{}) *control {
	t.Helper()
	deadline := time.Now().Add(controlTimeout)
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			c := &control{connection: connection, answers: make(chan answer, 16), changed: make(chan struct{}), done: make(chan struct{})}
			go c.read()
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("connect to the phone's control port: %v", err)
		}
		select {
		case <-exited:
			t.Fatal("baresip ended at once; is its port 5060 taken on that address?")
		case <-retry.C:
		}
	}
}

func (c *control) close() {
	_ = c.connection.Close()
	<-c.done
}

func (c *control) read() {
	defer close(c.done)
	reader := bufio.NewReader(c.connection)
	for {
		lengthText, err := reader.ReadString(':')
		if err != nil {
			return
		}
		length, err := strconv.Atoi(strings.TrimSuffix(lengthText, ":"))
		if err != nil {
			return
		}
		frame := make([]byte, length+1)
		if _, err := io.ReadFull(reader, frame); err != nil {
			return
		}
		var m message
		if json.Unmarshal(frame[:length], &m) != nil {
			continue
		}
		if m.Response {
			if json.Unmarshal(frame[:length], &m.Answer) == nil {
				c.answers <- m.Answer
			}
			continue
		}
		if json.Unmarshal(frame[:length], &m.Report) == nil {
			c.mutex.Lock()
			c.events = append(c.events, m.Report)
			close(c.changed)
			c.changed = make(chan struct{})
			c.mutex.Unlock()
		}
	}
}

func (c *control) write(command, params string) error {
	c.sequence++
	frame, err := json.Marshal(map[string]string{"command": command, "params": params, "token": strconv.Itoa(c.sequence)})
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	if _, err := fmt.Fprintf(c.connection, "%d:%s,", len(frame), frame); err != nil {
		return fmt.Errorf("write command %s: %w", command, err)
	}
	return nil
}

// Command gives the phone a command of its menu and returns its answer's text.
func (p *Phone) Command(command, params string) string {
	p.t.Helper()
	if err := p.control.write(command, params); err != nil {
		p.t.Fatal(err)
	}
	token := strconv.Itoa(p.control.sequence)
	timeout := time.After(controlTimeout)
	for {
		select {
		case got := <-p.control.answers:
			if got.Token != token {
				continue
			}
			if !got.OK {
				p.t.Fatalf("phone %s refused %s %s: %s", p.Number, command, params, got.Data)
			}
			return got.Data
		case <-timeout:
			p.t.Fatalf("phone %s did not answer command %s", p.Number, command)
		}
	}
}

// WaitFor waits for the next event of one of the types, counted from the last
// one that WaitFor returned, and returns it. Events before it are passed over.
func (p *Phone) WaitFor(types ...string) Event {
	p.t.Helper()
	timeout := time.After(controlTimeout)
	for {
		p.control.mutex.Lock()
		for i, event := range p.control.events {
			if slices.Contains(types, event.Type) {
				p.control.events = p.control.events[i+1:]
				p.control.mutex.Unlock()
				return event
			}
		}
		changed := p.control.changed
		p.control.mutex.Unlock()
		select {
		case <-changed:
		case <-p.control.done:
			p.t.Fatalf("phone %s went away while the test waited for %v", p.Number, types)
		case <-timeout:
			p.t.Fatalf("phone %s did not report %v; it reported %+v", p.Number, types, p.Events())
		}
	}
}

// Events are those that no WaitFor has passed yet.
func (p *Phone) Events() []Event {
	p.control.mutex.Lock()
	defer p.control.mutex.Unlock()
	return append([]Event(nil), p.control.events...)
}

// In is the same phone for another test, usually a subtest: faults fail that one.
func (p *Phone) In(t *testing.T) *Phone {
	same := *p
	same.t = t
	return &same
}

// Forget passes over every event so far.
func (p *Phone) Forget() {
	p.control.mutex.Lock()
	defer p.control.mutex.Unlock()
	p.control.events = nil
}

// WaitIdle waits until the phone has no call.
func (p *Phone) WaitIdle() {
	p.t.Helper()
	p.poll("listcalls", func(string) bool { return p.Calls() == 0 })
}

// WaitRegistered waits until the phone says that it is registered. Its event
// REGISTER_OK may have come before anyone listened.
func (p *Phone) WaitRegistered() {
	p.t.Helper()
	p.poll("reginfo", func(text string) bool { return strings.Contains(text, "OK") })
}

// poll gives a command until its answer will do.
func (p *Phone) poll(command string, done func(text string) bool) {
	p.t.Helper()
	deadline := time.NewTimer(controlTimeout)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		text := p.Command(command, "")
		if done(text) {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			p.t.Fatalf("phone %s: %s still says: %s", p.Number, command, text)
		}
	}
}
