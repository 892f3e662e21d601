// SPDX-License-Identifier: Apache-2.0

package link

import (
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
)

const lastCode = codes.Unauthenticated

// Metrics are the counters of all links of one process. A nil *Metrics counts
// nothing.
type Metrics struct {
	client, server sideMetrics
	connects       prometheus.Counter
}

type sideMetrics struct {
	calls    [lastCode + 1]prometheus.Counter
	inFlight prometheus.Gauge
}

// NewMetrics registers the metrics of links; a nil registerer gives metrics
// that nobody reads.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "offhook_link_calls_total",
		Help: "Calls over links by side (client, server) and gRPC code.",
	}, []string{"side", "code"})
	inFlight := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "offhook_link_calls_in_flight",
		Help: "Calls over links that are open now, by side.",
	}, []string{"side"})
	m := &Metrics{connects: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "offhook_link_connects_total",
		Help: "Link streams opened to peers, the first and every one after a loss.",
	})}
	if registerer != nil {
		registerer.MustRegister(calls, inFlight, m.connects)
	}
	for side, metrics := range map[string]*sideMetrics{"client": &m.client, "server": &m.server} {
		metrics.inFlight = inFlight.WithLabelValues(side)
		for code := codes.OK; code <= lastCode; code++ {
			metrics.calls[code] = calls.WithLabelValues(side, code.String())
		}
	}
	return m
}

func (s *sideMetrics) begin() { s.inFlight.Inc() }

func (s *sideMetrics) end(code codes.Code) {
	s.inFlight.Dec()
	if code > lastCode {
		code = codes.Unknown
	}
	s.calls[code].Inc()
}
