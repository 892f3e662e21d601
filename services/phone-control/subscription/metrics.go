// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of all registries of a process. A nil *Metrics counts nothing.
type Metrics struct {
	subscriptions *prometheus.GaugeVec
	requests      *prometheus.CounterVec
	notifications *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		subscriptions: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_phone_control_subscriptions",
			Help: "Subscriptions of phones now, by event package.",
		}, []string{"target", "package"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_subscribe_requests_total",
			Help: "SUBSCRIBE requests of phones by status code of the answer.",
		}, []string{"target", "code"}),
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_notifications_total",
			Help: "NOTIFY requests to phones by event package and class of the answer; unsolicited ones count as the package unsolicited.",
		}, []string{"target", "package", "answer"}),
	}
	for _, collector := range []prometheus.Collector{m.subscriptions, m.requests, m.notifications} {
		if err := registerer.Register(collector); err != nil {
			return nil, fmt.Errorf("register metrics of subscriptions: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) held(target string, table *Table) {
	if m == nil {
		return
	}
	for _, p := range []Package{MessageSummary, Dialog, FeatureEvent} {
		m.subscriptions.WithLabelValues(target, string(p)).Set(float64(table.Count(p)))
	}
}

func (m *Metrics) requested(target string, code int) {
	if m != nil {
		m.requests.WithLabelValues(target, strconv.Itoa(code)).Inc()
	}
}

func (m *Metrics) notified(target, name string, code int) {
	if m != nil {
		m.notifications.WithLabelValues(target, name, strconv.Itoa(code/100)+"xx").Inc()
	}
}
