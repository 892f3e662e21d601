// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	"offhook.dev/services/directory"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sipstack"
)

// Bounds of what is relayed.
const (
	relayedAtOnce = 64
	relayTimeout  = 2 * time.Second
)

// branchTag names an edge in the branches of its requests.
func branchTag(edge string) string {
	sum := sha256.Sum256([]byte(edge))
	return hex.EncodeToString(sum[:4])
}

// relay passes responses on to the edges whose requests they answer. All edges are
// behind one address: a datagram may come to another one than the request went from
// when the load balancer has changed its mind in between.
type relay struct {
	own     string
	edges   appsession.Edges
	slots   chan struct{}
	results *prometheus.CounterVec
	log     *slog.Logger
}

func newRelay(edge string, edges appsession.Edges, log *slog.Logger, registerer prometheus.Registerer) *relay {
	r := &relay{
		own: branchTag(edge), edges: edges, slots: make(chan struct{}, relayedAtOnce), log: log,
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_edge_responses_relayed_total", Help: "Responses over UDP that answer a request of another edge, by what became of them.",
		}, []string{"result"}),
	}
	if registerer != nil {
		registerer.MustRegister(r.results)
	}
	return r
}

// pass takes a response that belongs to another edge; false: it does not. It does
// not block; beyond relayedAtOnce the response is dropped, as datagrams are.
func (r *relay) pass(flow sipstack.Flow, res *sipstack.Response) bool {
	tag := sipstack.BranchTag(res)
	if r.edges == nil || flow.Network != "udp" || tag == "" || tag == r.own {
		return false
	}
	for _, edge := range r.edges.Replicas(directory.SIPEdge) {
		if branchTag(edge.GetId()) != tag {
			continue
		}
		select {
		case r.slots <- struct{}{}:
			go r.send(edge.GetId(), &edgev1.RelayResponseRequest{Response: []byte(res.String()), From: flow.Remote})
		default:
			r.results.WithLabelValues("dropped").Inc()
		}
		return true
	}
	return false
}

// send ends within relayTimeout.
func (r *relay) send(edge string, request *edgev1.RelayResponseRequest) {
	defer func() { <-r.slots }()
	ctx, cancel := context.WithTimeout(context.Background(), relayTimeout)
	defer cancel()
	if _, err := r.edges.Edge(edge).RelayResponse(ctx, request); err != nil {
		r.results.WithLabelValues("failed").Inc()
		r.log.Debug("relay response", "edge", edge, "error", err)
		return
	}
	r.results.WithLabelValues("relayed").Inc()
}

// service is the edge's gRPC service.
type service struct {
	*appsession.Service

	outer *sipstack.Endpoint
}

// RelayResponse implements EdgeServiceServer.
func (s *service) RelayResponse(_ context.Context, req *edgev1.RelayResponseRequest) (*edgev1.RelayResponseResponse, error) {
	if err := s.outer.ReceiveResponse(req.GetFrom(), req.GetResponse()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &edgev1.RelayResponseResponse{}, nil
}
