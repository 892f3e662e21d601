// SPDX-License-Identifier: Apache-2.0

package dataplane

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	connected       prometheus.Gauge
	published       prometheus.Counter
	publishFailures prometheus.Counter
	reports         *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	m := &metrics{
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_operator_nats_connected", Help: "1 while this operator leads and reaches NATS.",
		}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_operator_configurations_published_total", Help: "Configurations of targets given to the data plane.",
		}),
		publishFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_operator_publish_failures_total", Help: "Publications that failed and are tried again.",
		}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_operator_reports_total", Help: "Reports of targets that were asked for.",
		}, []string{"result"}),
	}
	if registerer != nil {
		registerer.MustRegister(m.connected, m.published, m.publishFailures, m.reports)
	}
	return m
}
