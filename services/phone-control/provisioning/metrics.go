// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Results of a request.
const (
	served  = "served"
	unknown = "unknown"
	refused = "refused"
	failed  = "failed"
)

func newRequests(registerer prometheus.Registerer) (*prometheus.CounterVec, error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "offhook_provisioning_requests_total",
		Help: "Requests for configuration files of Skinny phones by result: served, unknown (no such file), refused (method) or failed.",
	}, []string{"result"})
	for _, result := range []string{served, unknown, refused, failed} {
		requests.WithLabelValues(result)
	}
	if registerer == nil {
		return requests, nil
	}
	if err := registerer.Register(requests); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return requests, nil
}
