// SPDX-License-Identifier: Apache-2.0

package targetconfig

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	applied, refused prometheus.Counter
	targets          prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	m := &metrics{
		applied: prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_targetconfig_changes_applied_total", Help: "Changes of targets' configuration that were put in force."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_targetconfig_changes_refused_total", Help: "Changes of targets' configuration that were refused."}),
		targets: prometheus.NewGauge(prometheus.GaugeOpts{Name: "offhook_targetconfig_targets", Help: "Targets whose configuration is in force."}),
	}
	if registerer != nil {
		registerer.MustRegister(m.applied, m.refused, m.targets)
	}
	return m
}
