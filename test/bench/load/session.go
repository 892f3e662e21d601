// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/icholy/digest"
)

// Target is the server under load.
type Target struct {
	Address  string // host:port, TCP
	Domain   string
	Password string
}

// Answer is the response to one INFO.
type Answer struct {
	Status  int
	Body    []byte
	Latency time.Duration
}

// Session is one CSTA session on a TCP connection of its own. Invoke may be
// called from many goroutines: requests are pipelined.
type Session struct {
	target     Target
	user, line string
	connection net.Conn
	callID     string
	localTag   string
	remote     string // To value with tag
	contact    string

	writing sync.Mutex
	cseq    int

	waiting sync.Map // CSeq to chan Answer with its start
	// Events counts the INFOs the server sent.
	Events atomic.Int64
	// OnEvent, where set before Open, sees each event's body on the reading
	// goroutine.
	OnEvent func(body []byte)

	done    chan struct{}
	readErr error
	opening chan message
}

type pending struct {
	start  time.Time
	answer chan Answer
}

var sessionCounter atomic.Int64

// ErrClosed is returned by Invoke when the connection is gone.
var ErrClosed = errors.New("session is closed")

// Open connects, opens a CSTA session of the user on the line, answering a
// digest challenge, and returns when the session is confirmed.
func Open(target Target, user, line string, body []byte, onEvent func([]byte)) (*Session, error) {
	connection, err := net.DialTimeout("tcp", target.Address, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	number := sessionCounter.Add(1)
	s := &Session{
		target: target, user: user, line: line, connection: connection, OnEvent: onEvent,
		callID: fmt.Sprintf("load-%d-%d", time.Now().UnixNano(), number), localTag: fmt.Sprintf("l%d", number),
		done: make(chan struct{}), opening: make(chan message, 4),
	}
	go s.read()
	if err := s.open(body); err != nil {
		_ = connection.Close()
		<-s.done
		return nil, err
	}
	return s, nil
}

func (s *Session) open(body []byte) error {
	authorization := ""
	for range 3 {
		if err := s.send("INVITE", authorization, body); err != nil {
			return err
		}
		response, err := s.final()
		if err != nil {
			return err
		}
		s.remote = response.headers["to"]
		if err := s.send("ACK", "", nil); err != nil {
			return err
		}
		if response.status == 200 {
			s.contact = between(response.headers["contact"], "<", ">")
			return nil
		}
		if response.status != 407 {
			return fmt.Errorf("open session: %d", response.status)
		}
		s.remote = ""
		challenge, err := digest.ParseChallenge(response.headers["proxy-authenticate"])
		if err != nil {
			return fmt.Errorf("read challenge: %w", err)
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "INVITE", URI: s.requestURI(), Username: s.user, Password: s.target.Password, Count: 1, Cnonce: s.localTag,
		})
		if err != nil {
			return fmt.Errorf("answer challenge: %w", err)
		}
		authorization = "Proxy-Authorization: " + credentials.String() + "\r\n"
	}
	return errors.New("open session: challenged again and again")
}

func (s *Session) final() (message, error) {
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	for {
		select {
		case response := <-s.opening:
			if response.status >= 200 {
				return response, nil
			}
		case <-s.done:
			return message{}, fmt.Errorf("open session: %w: %w", ErrClosed, s.readErr)
		case <-timeout.C:
			return message{}, errors.New("open session: no answer in 10 s")
		}
	}
}

// Invoke sends one CSTA request in INFO and waits for its answer.
func (s *Session) Invoke(body []byte) (Answer, error) {
	wait := pending{start: time.Now(), answer: make(chan Answer, 1)}
	if err := s.sendTracked("INFO", body, wait); err != nil {
		return Answer{}, err
	}
	select {
	case answer := <-wait.answer:
		return answer, nil
	case <-s.done:
		return Answer{}, fmt.Errorf("invoke: %w: %w", ErrClosed, s.readErr)
	}
}

// Close ends the session with BYE and waits for its reader.
func (s *Session) Close() {
	_, _ = s.bye()
	_ = s.connection.Close()
	<-s.done
}

func (s *Session) bye() (Answer, error) {
	wait := pending{start: time.Now(), answer: make(chan Answer, 1)}
	if err := s.sendTracked("BYE", nil, wait); err != nil {
		return Answer{}, err
	}
	timeout := time.NewTimer(2 * time.Second)
	defer timeout.Stop()
	select {
	case answer := <-wait.answer:
		return answer, nil
	case <-s.done:
	case <-timeout.C:
	}
	return Answer{}, ErrClosed
}

func (s *Session) requestURI() string {
	if s.contact != "" {
		return s.contact
	}
	return "sip:" + s.line + "@" + s.target.Domain
}

func (s *Session) send(method, extra string, body []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.write(method, extra, body)
}

func (s *Session) sendTracked(method string, body []byte, wait pending) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.waiting.Store(s.cseq+1, wait)
	return s.write(method, "", body)
}

// write needs s.writing.
func (s *Session) write(method, extra string, body []byte) error {
	if method != "ACK" {
		s.cseq++
	}
	to := s.remote
	if to == "" {
		to = "<sip:" + s.line + "@" + s.target.Domain + ">"
	}
	var text strings.Builder
	text.Grow(700 + len(body))
	local := s.connection.LocalAddr().String()
	fmt.Fprintf(&text, "%s %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s.%d%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s;transport=tcp>\r\n%s",
		method, s.requestURI(), local, s.localTag, s.cseq, map[bool]string{true: "a"}[method == "ACK"],
		s.user, s.target.Domain, s.localTag, to, s.callID, s.cseq, method, s.user, local, extra)
	if method == "INVITE" {
		text.WriteString("Supported: timer\r\n")
	}
	if len(body) > 0 {
		text.WriteString("Content-Type: application/csta+xml\r\nContent-Disposition: signal;handling=required\r\n")
	}
	fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(body), body)
	if _, err := s.connection.Write([]byte(text.String())); err != nil {
		return fmt.Errorf("write %s: %w", method, err)
	}
	return nil
}

func (s *Session) read() {
	defer close(s.done)
	reader := bufio.NewReaderSize(s.connection, 64<<10)
	for {
		m, err := readMessage(reader)
		if err != nil {
			s.readErr = err
			return
		}
		switch {
		case m.status == 0:
			s.answer(m)
		case m.method == "INVITE":
			s.opening <- m
		case m.status >= 200:
			if wait, ok := s.waiting.LoadAndDelete(m.cseq); ok {
				wait := wait.(pending)
				wait.answer <- Answer{Status: m.status, Body: m.body, Latency: time.Since(wait.start)}
			}
		}
	}
}

func (s *Session) answer(request message) {
	if request.method == "INFO" {
		s.Events.Add(1)
		if s.OnEvent != nil {
			s.OnEvent(request.body)
		}
	}
	var text strings.Builder
	text.WriteString("SIP/2.0 200 OK\r\n")
	for _, via := range request.vias {
		text.WriteString("Via: " + via + "\r\n")
	}
	fmt.Fprintf(&text, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		request.headers["from"], request.headers["to"], request.headers["call-id"], request.headers["cseq"])
	s.writing.Lock()
	defer s.writing.Unlock()
	_, _ = s.connection.Write([]byte(text.String()))
}

func between(text, open, end string) string {
	_, rest, _ := strings.Cut(text, open)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}
