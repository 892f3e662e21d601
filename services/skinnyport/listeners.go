// SPDX-License-Identifier: Apache-2.0

package skinnyport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// acceptPause is how long nothing is accepted after the system had no room.
const acceptPause = 100 * time.Millisecond

// Listeners are the TCP listeners of one service. The zero value has none. It is
// safe for concurrent use.
type Listeners struct {
	mu        sync.Mutex
	listeners []net.Listener
	closed    bool
}

// Listen opens a listener, before Accept; config nil: without TLS. Where the
// config asks for client certificates, Proves tells whose they are.
func (l *Listeners) Listen(address string, config *tls.Config) (net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for skinny: %w", err)
	}
	bound := listener.Addr()
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listeners = append(l.listeners, listener)
	return bound, nil
}

// Accept gives every connection to serve, which does not block, until the
// context ends or Close; then it returns nil. noRoom is told each time that the
// system has no room for one more file.
func (l *Listeners) Accept(ctx context.Context, serve func(net.Conn), noRoom func()) error {
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, l.Close)
	defer stop()
	l.mu.Lock()
	listeners := l.listeners
	l.mu.Unlock()
	for _, listener := range listeners {
		group.Go(func() error { return l.accept(ctx, listener, serve, noRoom) })
	}
	return group.Wait()
}

func (l *Listeners) accept(ctx context.Context, listener net.Listener, serve func(net.Conn), noRoom func()) error {
	for {
		network, err := listener.Accept()
		switch {
		case err == nil && ctx.Err() != nil:
			_ = network.Close()
			return nil
		case err == nil:
			serve(network)
		case ctx.Err() != nil || l.isClosed():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept skinny phones: %w", err)
		default:
			noRoom()
			timer := time.NewTimer(acceptPause)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
		}
	}
}

// Close ends all listeners; connections go on.
func (l *Listeners) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, listener := range l.listeners {
		_ = listener.Close()
	}
}

func (l *Listeners) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}
