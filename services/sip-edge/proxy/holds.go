// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"offhook.dev/services/sipstack"
)

// holds keep the connections of registered phones from the idle close until
// their registration runs out. They are as many as there are connections.
type holds struct {
	outer Endpoint
	mu    sync.Mutex
	flows map[sipstack.Flow]*hold
}

type hold struct {
	release func()
	expiry  *time.Timer
}

func newHolds(outer Endpoint) *holds {
	h := &holds{outer: outer, flows: make(map[sipstack.Flow]*hold)}
	outer.OnFlowClosed(h.drop)
	return h
}

// keep holds a flow for some time from now; zero lets go of it.
func (h *holds) keep(flow sipstack.Flow, d time.Duration) {
	if flow.Network == "udp" {
		return
	}
	if d <= 0 || !h.outer.FlowAlive(flow) {
		h.drop(flow)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if held, ok := h.flows[flow]; ok {
		held.expiry.Reset(d)
		return
	}
	h.flows[flow] = &hold{release: h.outer.HoldFlow(flow), expiry: time.AfterFunc(d, func() { h.drop(flow) })}
}

func (h *holds) drop(flow sipstack.Flow) {
	h.mu.Lock()
	held, ok := h.flows[flow]
	delete(h.flows, flow)
	h.mu.Unlock()
	if ok {
		held.expiry.Stop()
		held.release()
	}
}

func (h *holds) close() {
	h.mu.Lock()
	flows := make([]sipstack.Flow, 0, len(h.flows))
	for flow := range h.flows {
		flows = append(flows, flow)
	}
	h.mu.Unlock()
	for _, flow := range flows {
		h.drop(flow)
	}
}

const (
	defaultRegistration = time.Hour
	longestRegistration = 24 * time.Hour
	// registrationGrace covers a refresh that comes late.
	registrationGrace = 30 * time.Second
)

// registeredFor is how long the longest binding of a 2xx to REGISTER lives.
func registeredFor(res *sipstack.Response) time.Duration {
	whole, hasWhole := parseSeconds(sipstack.HeaderValue(res, "Expires"))
	var longest time.Duration
	for _, value := range sipstack.ListValues(res, "Contact") {
		addr, err := sipstack.ParseNameAddr(value)
		if err != nil {
			continue
		}
		left, ok := parseSeconds(addr.Params["expires"])
		switch {
		case ok:
		case hasWhole:
			left = whole
		default:
			left = defaultRegistration
		}
		longest = max(longest, left)
	}
	if longest <= 0 {
		return 0
	}
	return min(longest, longestRegistration) + registrationGrace
}

func parseSeconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return time.Duration(n) * time.Second, err == nil
}
