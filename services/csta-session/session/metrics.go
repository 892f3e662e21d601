// SPDX-License-Identifier: Apache-2.0

package session

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count sessions and services. Service labels come from the dispatch
// table, result labels are "ok" or a category of CSTAErrorCode, so that both
// sets are closed.
type metrics struct {
	opened       *prometheus.CounterVec
	ended        *prometheus.CounterVec
	services     *prometheus.CounterVec
	seconds      prometheus.Histogram
	tasksDropped prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer, sessions func() int) *metrics {
	m := &metrics{
		opened: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_session_opens_total",
			Help: "Requests to open a CSTA session, by gRPC code.",
		}, []string{"code"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_session_ends_total",
			Help: "CSTA sessions ended by this replica, by reason.",
		}, []string{"reason"}),
		services: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_session_services_total",
			Help: "CSTA service requests, by service and result (ok, category of CSTAErrorCode, or fault).",
		}, []string{"service", "result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "offhook_session_service_seconds",
			Help:    "Time from a CSTA service request to its response.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		tasksDropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_session_background_tasks_dropped_total",
			Help: "Background tasks refused because the queue was full.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.opened, m.ended, m.services, m.seconds, m.tasksDropped,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "offhook_sessions",
				Help: "CSTA sessions known to this replica, whichever edge holds them.",
			}, func() float64 { return float64(sessions()) }))
	}
	return m
}

func (m *metrics) observe(service, result string, took time.Duration) {
	m.services.WithLabelValues(service, result).Inc()
	m.seconds.Observe(took.Seconds())
}
