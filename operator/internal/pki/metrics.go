// SPDX-License-Identifier: Apache-2.0

package pki

import "github.com/prometheus/client_golang/prometheus"

// Metrics of the installation's Secrets.
type Metrics struct {
	expires  *prometheus.GaugeVec
	written  *prometheus.CounterVec
	failures prometheus.Counter
}

// NewMetrics registers the metrics; nil: none.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		expires: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_operator_certificate_expires_seconds",
			Help: "Unix time at which the certificate of a component, or the authority, expires.",
		}, []string{"component"}),
		written: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_operator_secrets_written_total",
			Help: "Secrets of the installation that were created or updated.",
		}, []string{"operation"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_operator_secret_failures_total",
			Help: "Looks at the installation's Secrets that failed and are repeated.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.expires, m.written, m.failures)
	}
	return m
}
