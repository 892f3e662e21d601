// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/sipstack"
)

// party is the application of a line.
type party struct {
	line    string
	edition csta.Edition
	client  *cstaclient.Client
	session *cstaclient.Session
	// fenceRef is the monitor of the fence.
	fenceRef string

	mutex sync.Mutex
	// What came by INFO: events of the fence, other events, and requests of the
	// server, which take ways of their own and so come at any time. Those that
	// the story awaited are told with the events.
	fences, events, requests, awaited []string
	changed                           chan struct{}
}

// trace takes the bodies of INFO that come in.
func (p *party) trace(direction sipstack.TraceDirection, raw []byte) {
	if direction != sipstack.TraceReceived || !bytes.HasPrefix(raw, []byte("INFO ")) {
		return
	}
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	text := string(body)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case p.fenceRef != "" && strings.Contains(text, "<monitorCrossRefID>"+p.fenceRef+"</monitorCrossRefID>"):
		p.fences = append(p.fences, text)
	case strings.Contains(text, "<monitorCrossRefID>"):
		p.events = append(p.events, text)
	default:
		p.requests = append(p.requests, text)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait waits until the party's state is as wanted, and reports whether it is.
func (p *party) wait(within time.Duration, done func() bool) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		p.mutex.Lock()
		is, changed := done(), p.changed
		p.mutex.Unlock()
		if is {
			return true
		}
		select {
		case <-changed:
		case <-timer.C:
			return false
		}
	}
}

// await waits for an event or a request of the server.
func (p *party) await(t *testing.T, element string) {
	t.Helper()
	is := func(message string) bool {
		return strings.Contains(message, "<"+element+" ") || strings.Contains(message, "<"+element+">")
	}
	if p.wait(patience, func() bool {
		if i := slices.IndexFunc(p.requests, is); i >= 0 {
			p.awaited = append(p.awaited, p.requests[i])
			p.requests = slices.Delete(p.requests, i, i+1)
			return true
		}
		return slices.ContainsFunc(p.events, is)
	}) {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	t.Fatalf("%s is not told %s; it was told\n%s", p.line, element, strings.Join(slices.Concat(p.events, p.requests), "\n"))
}

// toldOfFence waits for an event of the fence, the other kind before it apart.
func (p *party) toldOfFence(event string, within time.Duration) bool {
	return p.wait(within, func() bool {
		for len(p.fences) > 0 {
			is := strings.Contains(p.fences[0], event)
			p.fences = p.fences[1:]
			if is {
				return true
			}
		}
		return false
	})
}

// take gives what came since the last time.
func (p *party) take() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	messages := slices.Concat(p.awaited, p.events)
	p.awaited, p.events = nil, nil
	return messages
}

func (p *party) leave(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.session.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := p.client.Close(); err != nil {
		t.Error(err)
	}
}
