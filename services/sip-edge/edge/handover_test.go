// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"net"
	"sync"
	"testing"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/sip-edge/appsession"

	"google.golang.org/grpc"
)

// edges are the edges of one test, which know each other.
type edges struct {
	mu  sync.Mutex
	all map[string]*bed
	// next is the edge to which others leave sessions.
	next string
	// asked is told of each question for a dialog.
	asked chan string
}

var _ appsession.Edges = (*edges)(nil)

func newEdges() *edges { return &edges{all: make(map[string]*bed), asked: make(chan string, 100)} }

// bed adds an edge; all of one test share sessions and dialogs.
func (e *edges) bed(t *testing.T, id string, options ...bedOption) *bed {
	t.Helper()
	b := newBed(t, append(options, withReplica(id), withEdges(e))...)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all[id] = b
	return b
}

// Edge implements appsession.Edges.
func (e *edges) Edge(id string) edgev1.EdgeServiceClient {
	e.mu.Lock()
	defer e.mu.Unlock()
	return asking{e.all[id].service, id, e.asked}
}

// Pick implements appsession.Edges.
func (e *edges) Pick(string, string) (*statev1.Replica, bool) {
	return &statev1.Replica{Service: "sip-edge", Id: e.next}, e.next != ""
}

// Replicas implements appsession.Edges.
func (e *edges) Replicas(string) []*statev1.Replica {
	e.mu.Lock()
	defer e.mu.Unlock()
	var replicas []*statev1.Replica
	for _, b := range e.all {
		replicas = append(replicas, b.replica)
	}
	return replicas
}

type asking struct {
	edgev1.EdgeServiceClient

	id    string
	asked chan string
}

// Yield implements EdgeServiceClient.
func (a asking) Yield(ctx context.Context, req *edgev1.YieldRequest, options ...grpc.CallOption) (*edgev1.YieldResponse, error) {
	a.asked <- a.id
	return a.EdgeServiceClient.Yield(ctx, req, options...)
}

// roaming is a socket whose datagrams go to one edge or another, as a load
// balancer sends them.
type roaming struct {
	net.PacketConn

	t    *testing.T
	edge net.Addr
	// from is where the last datagram came from.
	from net.Addr
}

func (r *roaming) Read(p []byte) (n int, err error) {
	n, r.from, err = r.ReadFrom(p)
	return n, err
}

func (r *roaming) Write(p []byte) (int, error) { return r.WriteTo(p, r.edge) }

func (r *roaming) RemoteAddr() net.Addr { return r.edge }

func (r *roaming) to(b *bed) {
	address, err := net.ResolveUDPAddr("udp", b.udp())
	if err != nil {
		r.t.Fatal(err)
	}
	r.edge = address
}

// answer answers the last event, to where it came from (RFC 3581).
func (r *roaming) answer(c *client, event message) {
	edge := r.edge
	r.edge = r.from
	c.response(event, 200)
	r.edge = edge
}

// roam is an application over UDP at no edge yet.
func roam(t *testing.T, b *bed) (*client, *roaming) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, "udp", b.udp())
	_ = c.conn.Close()
	r := &roaming{PacketConn: conn, t: t}
	r.to(b)
	c.conn, c.answerEvents = r, false
	return c, r
}

// next reads up to the next message that is no repetition of one before.
func (c *client) next(seen map[string]bool) message {
	c.t.Helper()
	for {
		m := c.read()
		if key := m.header.Get("Cseq") + m.start + m.body; !seen[key] {
			seen[key] = true
			return m
		}
	}
}

// TestRequestMeetsAHandOver: an edge drains, and waits for the application's answer
// to an event. Meanwhile the application's next request comes to another edge,
// which takes the session when it has been left, with the events that wait.
func TestRequestMeetsAHandOver(t *testing.T) {
	for _, test := range []struct{ name, next string }{
		{"the next edge is the one that is asked", "edge-2"},
		{"the next edge is a third", "edge-3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sessions, dialogs, all := newFakeSessions(), newMemDialogs(), newEdges()
			first := all.bed(t, "edge-1", withSessions(sessions), withDialogs(dialogs))
			second := all.bed(t, "edge-2", withSessions(sessions), withDialogs(dialogs))
			third := all.bed(t, "edge-3", withSessions(sessions), withDialogs(dialogs))
			all.next = test.next
			c, way := roam(t, first)
			c.open()
			recorded(t, first)
			id := receive(t, sessions.opened, "session").GetSessionId()
			first.deliver("one", id)
			first.deliver("two", id)
			seen := make(map[string]bool)
			event := c.next(seen)
			if event.body != "one for 7" {
				t.Fatalf("got %+v, want the first event", event)
			}

			drained := make(chan error, 1)
			go func() { drained <- first.edge.Drain(t.Context()) }()
			way.to(second)
			c.send(c.request("INFO", "service"))
			for receive(t, all.asked, "question for the dialog") != "edge-1" {
			}
			way.answer(c, event)

			var served bool
			for _, want := range []string{"two for 7", "three for 7", "four for 7"} {
				if want == "three for 7" {
					for _, b := range []*bed{first, second, third} {
						_, _ = b.service.Deliver(t.Context(), &edgev1.DeliverRequest{
							Head: []byte("three for "), Recipients: []*edgev1.Recipient{{SessionId: id, MonitorCrossRefId: "7"}},
						})
					}
				}
				if want == "four for 7" {
					second.deliver("four", id)
				}
				m := c.next(seen)
				if m.code() == 200 && m.body == "response to service" {
					served = true
					m = c.next(seen)
				}
				if m.body != want {
					t.Fatalf("got %s %q, want %q", m.start, m.body, want)
				}
				way.answer(c, m)
			}
			if !served {
				if m := c.next(seen); m.code() != 200 || m.body != "response to service" {
					t.Fatalf("got %s %q, want the service's response", m.start, m.body)
				}
			}
			if err := receive(t, drained, "end of the drain"); err != nil {
				t.Fatal(err)
			}
			for b, want := range map[*bed]int{first: 0, second: 1, third: 0} {
				if got := b.edge.sessions.Count(); got != want {
					t.Errorf("%s has %d sessions, want %d", b.replica.GetId(), got, want)
				}
			}
		})
	}
}
