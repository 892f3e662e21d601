// SPDX-License-Identifier: Apache-2.0

package directory

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	replicas, leases             prometheus.Gauge
	acquired, lost, renewFailed  prometheus.Counter
	redirected, announceFailures prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	m := &metrics{
		replicas:         prometheus.NewGauge(prometheus.GaugeOpts{Name: "offhook_directory_replicas", Help: "Live replicas of all services that this process knows."}),
		leases:           prometheus.NewGauge(prometheus.GaugeOpts{Name: "offhook_directory_leases", Help: "Targets with a live owner that this process knows."}),
		acquired:         prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_directory_leases_acquired_total", Help: "Leases of targets that this process took."}),
		lost:             prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_directory_leases_lost_total", Help: "Leases of targets that this process lost against its will."}),
		renewFailed:      prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_directory_lease_renewal_failures_total", Help: "Renewals of leases that failed."}),
		redirected:       prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_directory_calls_redirected_total", Help: "Calls sent once more because the replica did not own the target."}),
		announceFailures: prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_directory_announce_failures_total", Help: "Writes of a replica's entry that failed."}),
	}
	if registerer != nil {
		registerer.MustRegister(m.replicas, m.leases, m.acquired, m.lost, m.renewFailed, m.redirected, m.announceFailures)
	}
	return m
}
