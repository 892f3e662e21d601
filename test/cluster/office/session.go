// SPDX-License-Identifier: Apache-2.0

package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// session is a CSTA session that monitors one line, and keeps its events.
type session struct {
	*cstaclient.Session
	line   string
	name   string
	pumped chan struct{}

	mutex   sync.Mutex
	events  []string
	call    csta.CallID
	others  []string // messages that are no events
	changed chan struct{}
}

// open opens the i-th session of all, on a line, and monitors the line.
func (o *Office) open(ctx context.Context, i int, line string) (*session, error) {
	opened, err := o.client(i).Open(ctx, cstaclient.SessionOptions{User: user, Password: userPassword, Domain: o.options.Domain, Line: line})
	if err != nil {
		return nil, fmt.Errorf("open session %d on %s: %w", i, line, err)
	}
	s := &session{
		Session: opened, line: line, name: fmt.Sprintf("session %d on %s over %s", i, line, transport(i%len(o.clients))),
		pumped: make(chan struct{}), changed: make(chan struct{}),
	}
	go s.pump() // ends with the session; awaited by close
	if _, err := s.MonitorStart(ctx, line); err != nil {
		return nil, errors.Join(fmt.Errorf("monitor %s: %w", line, err), s.close(ctx))
	}
	return s, nil
}

func (s *session) pump() {
	defer close(s.pumped)
	events, messages := s.Events(), s.Messages()
	for events != nil || messages != nil {
		select {
		case event, open := <-events:
			if !open {
				events = nil
				continue
			}
			summary := cstaclient.Summarize(event)
			s.note(func() {
				if summary.Event == "BackInService" && len(s.events) == 0 {
					return // of the registration a moment ago
				}
				s.events = append(s.events, summary.Event+" "+summary.Device)
				if s.call == "" {
					s.call = summary.CallID
				}
			})
		case message, open := <-messages:
			if !open {
				messages = nil
				continue
			}
			at := time.Now().Format("15:04:05.000")
			s.note(func() { s.others = append(s.others, message.Element()+" at "+at) })
		}
	}
}

func (s *session) note(change func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *session) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.events)
}

// awaitEvents waits for that many events and gives all there are.
func (s *session) awaitEvents(ctx context.Context, count int) ([]string, error) {
	for {
		s.mutex.Lock()
		events, others, changed := slices.Clone(s.events), slices.Clone(s.others), s.changed
		s.mutex.Unlock()
		if len(others) > 0 {
			return events, fmt.Errorf("%s was sent %q", s.name, others)
		}
		if len(events) >= count {
			return events, nil
		}
		select {
		case <-changed:
		case <-s.Ended():
			return events, fmt.Errorf("%s ended: cause %v", s.name, s.Cause())
		case <-ctx.Done():
			return events, fmt.Errorf("%s has %d events, want %d: %w", s.name, len(events), count, ctx.Err())
		}
	}
}

// callID is the call of the session's first event.
func (s *session) callID() csta.CallID {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.call
}

func (s *session) close(ctx context.Context) error {
	if err := s.Close(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	<-s.pumped
	return nil
}
