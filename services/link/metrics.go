// SPDX-License-Identifier: Apache-2.0

package link

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the counters of all links of one process.
type Metrics struct {
	calls    *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
	connects prometheus.Counter
}

func (m *Metrics) resolve() {}
