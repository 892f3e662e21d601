// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
)

// TestResponseComesToAnotherEdge: the load balancer sends the answers to events to
// another edge than the events came from.
func TestResponseComesToAnotherEdge(t *testing.T) {
	all, dialogs := newEdges(), newMemDialogs()
	first, second := all.bed(t, "edge-1", withDialogs(dialogs)), all.bed(t, "edge-2", withDialogs(dialogs))
	c, way := roam(t, first)
	c.open()
	id := receive(t, first.sessions.opened, "session").GetSessionId()
	want := []string{"one for 7", "two for 7", "three for 7"}
	for _, event := range []string{"one", "two", "three"} {
		first.deliver(event, id)
	}
	way.to(second)
	seen := make(map[string]bool)
	for _, body := range want { // each comes when the one before is answered
		event := c.next(seen)
		if event.body != body {
			t.Fatalf("got %s %q, want %q", event.start, event.body, body)
		}
		c.response(event, 200)
	}
	if relayed := second.metric("offhook_edge_responses_relayed_total", prometheus.Labels{"result": "relayed"}); relayed < 2 {
		t.Errorf("%v responses relayed, want those to the first two events at least", relayed)
	}
}

func TestOnlyResponsesAreRelayed(t *testing.T) {
	b := newBed(t)
	for _, raw := range []string{"", "INFO sip:a@b SIP/2.0\r\n\r\n", "SIP/2.0"} {
		_, err := b.service.RelayResponse(t.Context(), &edgev1.RelayResponseRequest{Response: []byte(raw), From: "127.0.0.1:5060"})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%q: %v, want INVALID_ARGUMENT", raw, err)
		}
	}
	if _, err := b.service.RelayResponse(t.Context(), &edgev1.RelayResponseRequest{Response: []byte("SIP/2.0 200 OK\r\n\r\n"), From: "nowhere"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("from nowhere: %v, want INVALID_ARGUMENT", err)
	}
	// What is broken is dropped, as a datagram would be.
	if _, err := b.service.RelayResponse(t.Context(), &edgev1.RelayResponseRequest{Response: []byte("SIP/2.0 200 OK\r\nCSeq: \r\n\r\n"), From: "127.0.0.1:5060"}); err != nil {
		t.Error(err)
	}
}
