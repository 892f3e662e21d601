// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	open     prometheus.Gauge
	accepted prometheus.Counter
	refused  *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	m := &metrics{
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_skinny_relay_connections", Help: "Connections of Skinny phones at the edge.",
		}),
		accepted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_skinny_relay_accepted_total", Help: "Connections of Skinny phones that the edge took.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_skinny_relay_refused_total", Help: "Connections that the edge took to no phone-control, by reason.",
		}, []string{"reason"}),
	}
	if registerer != nil {
		registerer.MustRegister(m.open, m.accepted, m.refused)
	}
	return m
}
