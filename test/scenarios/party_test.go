// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

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
	// inbox is what came by INFO, fence events apart; fences are those.
	inbox   []string
	fences  []string
	changed chan struct{}
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
	if p.fenceRef != "" && strings.Contains(text, "<monitorCrossRefID>"+p.fenceRef+"</monitorCrossRefID>") {
		p.fences = append(p.fences, text)
	} else {
		p.inbox = append(p.inbox, text)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// wait waits until the party's state is as wanted.
func (p *party) wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		p.mutex.Lock()
		is, changed := done(), p.changed
		p.mutex.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			p.mutex.Lock()
			defer p.mutex.Unlock()
			t.Fatalf("%s is not told %s; it was told\n%s", p.line, what, strings.Join(p.inbox, "\n"))
		}
	}
}

// await waits for a message.
func (p *party) await(t *testing.T, element string) {
	t.Helper()
	p.wait(t, element, func() bool {
		for _, message := range p.inbox {
			if strings.Contains(message, "<"+element+" ") || strings.Contains(message, "<"+element+">") {
				return true
			}
		}
		return false
	})
}

// awaitFence waits for the next event of the fence.
func (p *party) awaitFence(t *testing.T, event string) {
	t.Helper()
	p.wait(t, "of the fence: "+event, func() bool {
		if len(p.fences) == 0 {
			return false
		}
		if !strings.Contains(p.fences[0], event) {
			t.Errorf("%s is told of the fence: %s", p.line, p.fences[0])
		}
		p.fences = p.fences[1:]
		return true
	})
}

// take gives what came since the last time.
func (p *party) take() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	messages := p.inbox
	p.inbox = nil
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
