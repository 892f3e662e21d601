// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of all registrars of a process:
//
//	offhook_phone_control_registrations{target}                   bindings now
//	offhook_phone_control_register_requests_total{target,code}    REGISTER by answer
//	offhook_phone_control_registration_store_failures_total{target}
//
// A nil *Metrics counts nothing.
type Metrics struct {
	bindings      *prometheus.GaugeVec
	requests      *prometheus.CounterVec
	storeFailures *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		bindings: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_phone_control_registrations",
			Help: "Phones registered now.",
		}, []string{"target"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_register_requests_total",
			Help: "REGISTER requests by status code of the answer.",
		}, []string{"target", "code"}),
		storeFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_registration_store_failures_total",
			Help: "Bindings that could not be written to the store.",
		}, []string{"target"}),
	}
	for _, collector := range []prometheus.Collector{m.bindings, m.requests, m.storeFailures} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) setBindings(target string, n int) {
	if m != nil {
		m.bindings.WithLabelValues(target).Set(float64(n))
	}
}

func (m *Metrics) registered(target string, code int) {
	if m != nil {
		m.requests.WithLabelValues(target, strconv.Itoa(code)).Inc()
	}
}

func (m *Metrics) storeFailed(target string) {
	if m != nil {
		m.storeFailures.WithLabelValues(target).Inc()
	}
}
