// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"offhook.dev/services/skinny"
)

// link is one connection to the server. What is read belongs to Run's goroutine.
type link struct {
	connection net.Conn
	dialect    skinny.Dialect
	out        []byte

	in []byte
	// step of the registration, and until when the server has time for it.
	step     step
	deadline time.Time
	// nextAlive is when to say that the phone is there; unanswered counts those
	// without an answer.
	nextAlive  time.Time
	unanswered int
	// answerAt is when the calls that ring are answered.
	answerAt time.Time
	// reset is a command to start again that waits for the end of the calls.
	reset     skinny.ResetKind
	alive     time.Duration
	awaited   map[answer]struct{}
	tokenWait time.Duration
	// leaving waits for UnregisterAck.
	leaving bool
}

// atOnce registers again without waiting.
const atOnce time.Duration = -1

// firstBuffer is what most frames fit in.
const firstBuffer = 1024

// Reasons to leave a connection.
var (
	errSilent    = errors.New("server does not answer")
	errStep      = errors.New("server took too long for a step of the registration")
	errReset     = errors.New("server commanded a reset")
	errGone      = errors.New("phone has unregistered")
	errTokenWait = errors.New("server wants the phone to wait for a token")
)

// serve connects, registers and obeys until the connection ends. It tells how
// long to wait before the next; zero: as after any loss.
func (p *Phone) serve(ctx context.Context) (time.Duration, error) {
	connection, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	l := &link{
		connection: connection, in: make([]byte, 0, firstBuffer),
		dialect: skinny.Dialect{Version: skinny.MinVersion, UTF8: p.options.Features&skinny.FeatureUTF8 != 0},
	}
	p.sending.Lock()
	p.link = l
	p.sending.Unlock()
	defer func() {
		p.sending.Lock()
		p.link = nil
		p.sending.Unlock()
		_ = connection.Close()
	}()
	// The end of the context interrupts the reading.
	stop := context.AfterFunc(ctx, func() { _ = connection.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := p.begin(l); err != nil {
		return 0, err
	}
	err = p.obeyAll(ctx, l)
	switch {
	case errors.Is(err, errReset):
		return atOnce, nil
	case errors.Is(err, errGone):
		return atOnce, nil // as the server commanded, or to end
	case errors.Is(err, errTokenWait):
		return l.tokenWait, err
	}
	return 0, err
}

func (p *Phone) connect(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.options.StepTimeout)
	defer cancel()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: p.options.LocalAddress.AsSlice()}}
	connection, err := dialer.DialContext(ctx, "tcp", p.options.Server)
	if err != nil {
		return nil, fmt.Errorf("connect to server: %w", err)
	}
	if p.options.TLS == nil {
		return connection, nil
	}
	config := p.options.TLS.Clone()
	if host, _, err := net.SplitHostPort(p.options.Server); err == nil && config.ServerName == "" {
		config.ServerName = host
	}
	secured := tls.Client(connection, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = connection.Close()
		return nil, fmt.Errorf("connect to server: %w", err)
	}
	return secured, nil
}

// obeyAll reads until the connection ends.
func (p *Phone) obeyAll(ctx context.Context, l *link) error {
	for {
		if err := p.onTime(l, time.Now()); err != nil {
			return err
		}
		_ = l.connection.SetReadDeadline(l.wake())
		if ctx.Err() != nil && !l.leaving {
			if err := p.leave(l); err != nil {
				return err
			}
			continue
		}
		if len(l.in) == cap(l.in) {
			l.in = append(l.in, 0)[:len(l.in)]
		}
		n, err := l.connection.Read(l.in[len(l.in):cap(l.in)])
		l.in = l.in[:len(l.in)+n]
		if err := p.obeyFrames(l); err != nil {
			return err
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("read from server: %w", err)
		}
	}
}

// obeyFrames obeys the whole frames that are there.
func (p *Phone) obeyFrames(l *link) error {
	rest := l.in
	for {
		before := rest
		frame, after, ok, err := skinny.Cut(before)
		if err != nil {
			return fmt.Errorf("read from server: %w", err)
		}
		if !ok {
			l.in = l.in[:copy(l.in, rest)]
			return nil
		}
		rest = after
		if p.options.Tap != nil {
			p.options.Tap(false, before[:len(before)-len(after)])
		}
		if err := p.obey(l, frame.Message(l.dialect)); err != nil {
			return err
		}
	}
}

// wake is when there is something to do without the server.
func (l *link) wake() time.Time {
	wake := l.deadline
	for _, at := range []time.Time{l.nextAlive, l.answerAt} {
		if !at.IsZero() && (wake.IsZero() || at.Before(wake)) {
			wake = at
		}
	}
	return wake
}

// onTime does what is due.
func (p *Phone) onTime(l *link, now time.Time) error {
	if !l.deadline.IsZero() && !now.Before(l.deadline) {
		if l.leaving {
			return errGone
		}
		return l.late()
	}
	if !l.nextAlive.IsZero() && !now.Before(l.nextAlive) {
		if l.unanswered >= missedKeepAlives {
			return errSilent
		}
		l.unanswered++
		l.nextAlive = now.Add(l.alive)
		if err := p.send(&skinny.KeepAlive{}); err != nil {
			return err
		}
	}
	if !l.answerAt.IsZero() && !now.Before(l.answerAt) {
		l.answerAt = time.Time{}
		p.answerRinging(l, now)
	}
	return nil
}

// send writes messages to the server, together.
func (p *Phone) send(messages ...skinny.Message) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	l := p.link
	if l == nil {
		return ErrNotConnected
	}
	l.out = l.out[:0]
	for _, message := range messages {
		start := len(l.out)
		l.out = skinny.Append(l.out, message, l.dialect)
		if p.options.Tap != nil {
			p.options.Tap(true, l.out[start:])
		}
	}
	_ = l.connection.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := l.connection.Write(l.out); err != nil {
		return fmt.Errorf("write to server: %w", err)
	}
	return nil
}

// speak changes the dialect.
func (p *Phone) speak(l *link, version skinny.Version) {
	p.sending.Lock()
	defer p.sending.Unlock()
	l.dialect.Version = version
}
