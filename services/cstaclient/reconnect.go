// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"
	"math/rand/v2"
	"time"

	"offhook.dev/services/sipstack"
)

// Waits between two attempts to reach the server again: twice as long each time.
const (
	firstReconnect = 50 * time.Millisecond
	lastReconnect  = 5 * time.Second
)

// resends is how often a request is sent again whose connection ended before it
// was answered.
const resends = 5

// reconnect opens the way again after a connection has ended: the server can send
// events only on one that this side has opened. Each open session asks it.
func (c *Client) reconnect(flow sipstack.Flow) {
	if flow.Network != c.options.Transport {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.running.Err() != nil {
		return
	}
	for s := range c.sessions {
		s.breaks.Add(1)
		if s.reconnecting.Swap(true) {
			continue
		}
		c.group.Go(func() { s.reconnect(c.running) })
	}
}

// reconnect sends OPTIONS in the dialog until it is answered or the session ends.
func (s *Session) reconnect(ctx context.Context) {
	wait := firstReconnect
	for {
		breaks := s.breaks.Load()
		if s.probe(ctx) {
			s.reconnecting.Store(false)
			if s.breaks.Load() == breaks || s.reconnecting.Swap(true) {
				return
			}
			wait = firstReconnect // it has ended again in that moment
		}
		if !s.pause(ctx, wait) {
			s.reconnecting.Store(false)
			return
		}
		wait = min(2*wait, lastReconnect)
	}
}

// probe reports whether the server answers in the dialog.
func (s *Session) probe(ctx context.Context) bool {
	final := make(chan *sipstack.Response, 1)
	transaction, err := s.dialog.Send(sipstack.RequestSpec{
		Method: "OPTIONS", KeepOnTimeout: true, // the session timer ends what can't be reached
		OnResponse: func(response *sipstack.Response) {
			if response.StatusCode >= 200 {
				final <- response
			}
		},
	})
	if err != nil {
		return false
	}
	select {
	case response := <-final:
		return !sipstack.IsLocal(response) && response.StatusCode != 503
	case <-s.ended:
	case <-ctx.Done():
	}
	transaction.Terminate()
	return false
}

// pause waits for half the time at least, so that not all sessions try in the same
// moment; false: the session or the context ended.
func (s *Session) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait/2 + rand.N(wait/2)) // #nosec G404 -- no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ended:
	case <-ctx.Done():
	}
	return false
}

func (c *Client) add(s *Session) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sessions[s] = struct{}{}
}

func (c *Client) remove(s *Session) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.sessions, s)
}
