// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"offhook.dev/services/sipstack"
)

type heldEndpoint struct {
	Endpoint
	closed func(sipstack.Flow)

	mu   sync.Mutex
	held map[sipstack.Flow]int
}

func (e *heldEndpoint) FlowAlive(flow sipstack.Flow) bool   { return flow.Remote != "gone" }
func (e *heldEndpoint) OnFlowClosed(fn func(sipstack.Flow)) { e.closed = fn }

func (e *heldEndpoint) HoldFlow(flow sipstack.Flow) func() {
	e.add(flow, 1)
	return func() { e.add(flow, -1) }
}

func (e *heldEndpoint) add(flow sipstack.Flow, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held[flow] += n
}

func (e *heldEndpoint) count(flow sipstack.Flow) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.held[flow]
}

func TestConnectionsOfRegisteredPhonesAreHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endpoint := &heldEndpoint{held: make(map[sipstack.Flow]int)}
		h := newHolds(endpoint)
		a, b := sipstack.Flow{Network: "tcp", Remote: "a"}, sipstack.Flow{Network: "tcp", Remote: "b"}
		h.keep(a, time.Minute)
		h.keep(a, time.Hour) // refreshed
		h.keep(b, time.Hour)
		h.keep(sipstack.Flow{Network: "udp", Remote: "u"}, time.Hour)
		h.keep(sipstack.Flow{Network: "tcp", Remote: "gone"}, time.Hour)
		synctest.Sleep(59 * time.Minute)
		if endpoint.count(a) != 1 || endpoint.count(b) != 1 || len(h.flows) != 2 {
			t.Errorf("a is held %d times and b %d times, want once; %d flows", endpoint.count(a), endpoint.count(b), len(h.flows))
		}
		endpoint.closed(b)
		if endpoint.count(b) != 0 {
			t.Error("b is held after it was closed")
		}
		synctest.Sleep(time.Minute)
		if endpoint.count(a) != 0 {
			t.Error("a is held after its registration ran out")
		}
		h.keep(a, time.Hour)
		h.keep(a, 0) // unregistered
		h.keep(b, time.Hour)
		h.close()
		if endpoint.count(a) != 0 || endpoint.count(b) != 0 || len(h.flows) != 0 {
			t.Errorf("a is held %d times and b %d times at the end", endpoint.count(a), endpoint.count(b))
		}
	})
}

func TestRegisteredFor(t *testing.T) {
	for _, test := range []struct {
		headers string
		want    time.Duration
	}{
		{"Contact: <sip:a>;expires=60|Contact: <sip:b>;expires=120|Expires: 9999", 2*time.Minute + registrationGrace},
		{"Contact: <sip:a>, <sip:b>;expires=10|Expires: 300", 5*time.Minute + registrationGrace},
		{"Contact: <sip:a>", time.Hour + registrationGrace},
		{"Contact: <sip:a>;expires=999999", longestRegistration + registrationGrace},
		{"Contact: <sip:a>;expires=0", 0},
		{"Expires: 600", 0},
	} {
		req := sipstack.NewRequest(sipstack.REGISTER, sipstack.URI{Scheme: "sip", Host: "x"})
		res := sipstack.NewResponse(req, 200, "", "")
		for header := range strings.SplitSeq(test.headers, "|") {
			name, value, _ := strings.Cut(header, ": ")
			res.AppendHeader(sipstack.NewHeader(name, value))
		}
		if got := registeredFor(res); got != test.want {
			t.Errorf("registeredFor(%s) = %v, want %v", test.headers, got, test.want)
		}
	}
}
