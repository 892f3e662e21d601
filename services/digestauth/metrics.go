// SPDX-License-Identifier: Apache-2.0

package digestauth

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	results *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer, component string) *metrics {
	m := &metrics{results: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name:        "offhook_digest_results_total",
		Help:        "Digest authentication attempts by outcome and reason.",
		ConstLabels: prometheus.Labels{"component": component},
	}, []string{"outcome", "reason"})}
	if registerer != nil {
		registerer.MustRegister(m.results)
	}
	return m
}

func (m *metrics) count(r Result) {
	m.results.WithLabelValues(r.Outcome.String(), string(r.Reason)).Inc()
}

// String is the outcome as a metric label.
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case Challenged:
		return "challenged"
	case Stale:
		return "stale"
	case Denied:
		return "denied"
	case Limited:
		return "limited"
	default:
		return "unknown"
	}
}
