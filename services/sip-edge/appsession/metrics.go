// SPDX-License-Identifier: Apache-2.0

package appsession

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	sessions    prometheus.Gauge
	opens       *prometheus.CounterVec
	ends        *prometheus.CounterVec
	services    *prometheus.HistogramVec
	events      *prometheus.CounterVec
	takeovers   *prometheus.CounterVec
	left        *prometheus.CounterVec
	storeErrors prometheus.Counter
}

// serviceBuckets run from a lookup in memory to a service given up.
var serviceBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25}

func newMetrics(registerer prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_edge_sessions", Help: "CSTA application sessions whose dialog this edge holds.",
		}),
		opens: counter("offhook_edge_session_opens_total", "INVITEs of CSTA applications by SIP status of the answer.", "status"),
		ends:  counter("offhook_edge_session_ends_total", "CSTA dialogs that ended, by cause.", "cause"),
		services: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "offhook_edge_service_seconds", Help: "Time from a CSTA request in a dialog to its response, by SIP status.",
			Buckets: serviceBuckets,
		}, []string{"status"}),
		events:    counter("offhook_edge_events_total", "Events for applications by what became of them.", "result"),
		takeovers: counter("offhook_edge_takeovers_total", "Dialogs of other edges that came here or were asked for by a request, by result.", "result"),
		left:      counter("offhook_edge_sessions_left_total", "Sessions to be left to another edge, by result: left, yielded (it asked), no_edge or not_taken.", "result"),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_edge_dialog_store_errors_total", Help: "Dialog records that could not be written or deleted.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.sessions, m.opens, m.ends, m.services, m.events, m.takeovers, m.left, m.storeErrors)
	}
	return m
}
