// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/process"
)

// TestResponseBeforeItsEvents pipelines requests whose events reach the edge
// before the response does.
func TestResponseBeforeItsEvents(t *testing.T) {
	const requests = 50
	b := newBed(t)
	b.sessions.invoke.set(func(req *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
		b.deliver("first of "+string(req.GetBody()), req.GetSessionId())
		b.deliver("second of "+string(req.GetBody()), req.GetSessionId())
		return &sessionv1.InvokeServiceResponse{Body: append([]byte("response to "), req.GetBody()...)}, nil
	})
	c := dial(t, "tcp", b.tcp())
	c.open()
	c.answerEvents = false
	var pipelined strings.Builder
	for i := range requests {
		pipelined.WriteString(c.request("INFO", fmt.Sprintf("request %d", i)))
	}
	c.send(pipelined.String())
	var got []string
	lastCSeq := 0
	for range 3 * requests {
		m := c.read()
		got = append(got, m.body)
		if m.code() == 0 {
			cseq, _ := strconv.Atoi(strings.Fields(m.header.Get("Cseq"))[0])
			if cseq <= lastCSeq {
				t.Fatalf("event with CSeq %d after %d", cseq, lastCSeq)
			}
			lastCSeq = cseq
		}
	}
	for i := range requests {
		want := fmt.Sprintf("[response to request %d first of request %d for 7 second of request %d for 7]", i, i, i)
		if have := fmt.Sprint(got[3*i : 3*i+3]); have != want {
			t.Fatalf("message %d: %s, want %s", i, have, want)
		}
	}
}

func TestResponseBeforeItsEventsOverUDP(t *testing.T) {
	b := newBed(t)
	b.sessions.invoke.set(func(req *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
		b.deliver("event of "+string(req.GetBody()), req.GetSessionId())
		b.deliver("another of "+string(req.GetBody()), req.GetSessionId())
		return &sessionv1.InvokeServiceResponse{Body: []byte("response")}, nil
	})
	c := dial(t, "udp", b.udp())
	c.open()
	c.answerEvents = false
	c.send(c.request("INFO", "x"))
	if res := c.read(); res.code() != 200 {
		t.Fatalf("first message %q, want the response", res.start)
	}
	first := c.read()
	if first.body != "event of x for 7" {
		t.Fatalf("second message %+v, want the first event", first)
	}
	if m, err := c.tryRead(200 * time.Millisecond); err == nil {
		t.Fatalf("%q while the first event has no answer", m.start)
	}
	c.response(first, 200)
	for {
		m := c.read()
		if m.body == first.body { // sent again before our answer came
			continue
		}
		if m.body != "another of x for 7" {
			t.Fatalf("third message %+v, want the second event", m)
		}
		break
	}
}

func TestApplicationThatNeverAnswersEvents(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t, withConfig(func(c *Config) { c.Sessions.EventPatience = process.Duration(50 * time.Millisecond) }))
			address := b.tcp()
			if network == "udp" {
				address = b.udp()
			}
			c := dial(t, network, address)
			c.open()
			id := receive(t, b.sessions.opened, "OpenSession").GetSessionId()
			c.answerEvents = false
			for i := range 10 {
				b.deliver(fmt.Sprint("event ", i), id)
			}
			next := 0
			for next < 10 {
				m := c.read()
				if m.code() != 0 {
					t.Fatalf("got %s", m.start)
				}
				if m.body == fmt.Sprint("event ", next, " for 7") {
					next++
				}
			}
			if got := c.infoPastEvents("<x/>"); got.body != "response to <x/>" {
				t.Errorf("INFO after unanswered events: %+v", got)
			}
		})
	}
}

// infoPastEvents is info of an application that drops the edge's requests.
func (c *client) infoPastEvents(body string) message {
	c.t.Helper()
	c.send(c.request("INFO", body))
	res, _ := c.final()
	return res
}

// TestSlowReaderDelaysNobody has one application stop reading. The other gets
// every event at once; the first gets the latest ones when it reads again,
// and is told that some are lost.
func TestSlowReaderDelaysNobody(t *testing.T) {
	b := newBed(t, withConfig(func(c *Config) { c.Limits.EventsWaiting = 16 }))
	slow := dial(t, "tcp", b.tcp())
	slow.open()
	slowID := receive(t, b.sessions.opened, "OpenSession").GetSessionId()
	quick := dial(t, "tcp", b.tcp())
	quick.open()
	quickID := receive(t, b.sessions.opened, "OpenSession").GetSessionId()

	padding := strings.Repeat("x", 32<<10)
	overflowed := false
	events := 0
	for ; !overflowed && events < 2000; events++ {
		started := time.Now()
		res := b.deliver(fmt.Sprint(events, " ", padding), slowID, quickID)
		if took := time.Since(started); took > patience/2 {
			t.Fatalf("Deliver took %v", took)
		}
		if event := quick.event(); !strings.HasPrefix(event.body, fmt.Sprint(events, " ")) {
			t.Fatalf("quick application got %.20q, want event %d", event.body, events)
		}
		for _, id := range res.GetOverflowedSessions() {
			if id != slowID {
				t.Fatalf("session %s overflowed, which reads", id)
			}
			overflowed = true
		}
	}
	if !overflowed {
		t.Fatalf("no overflow after %d events", events)
	}
	slow.answerEvents = false
	last, lost := -1, false
	for !lost {
		m := slow.read()
		if m.body == lostBody {
			lost = true
			continue
		}
		number, err := strconv.Atoi(strings.Fields(m.body)[0])
		if err != nil || number <= last {
			t.Fatalf("event %.20q after %d", m.body, last)
		}
		last = number
	}
	if last != events-1 {
		t.Errorf("last event before messagesLost is %d, want %d", last, events-1)
	}
	if n := b.metric("offhook_edge_events_total", prometheus.Labels{"result": "dropped"}); n < 1 {
		t.Errorf("%g dropped events counted", n)
	}
	if got := slow.infoPastEvents("<x/>"); got.code() != 200 {
		t.Errorf("INFO of the slow application: %s", got.start)
	}
}
