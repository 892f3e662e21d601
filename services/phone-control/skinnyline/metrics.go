// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of the Skinny line side. A nil *Metrics counts nothing.
type Metrics struct {
	phones      *prometheus.GaugeVec
	connections prometheus.Gauge
	refusals    *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	messages    *prometheus.CounterVec
	channels    *prometheus.CounterVec
}

// NewMetrics registers the metrics; registerer nil gives nil.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	if registerer == nil {
		return nil, nil //nolint:nilnil // a nil *Metrics counts nothing
	}
	m := &Metrics{
		phones: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_skinny_phones", Help: "Skinny phones that are registered.",
		}, []string{"target"}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_skinny_connections", Help: "Connections of Skinny phones, registered or not.",
		}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_skinny_refusals_total", Help: "Registrations that were refused, by reason.",
		}, []string{"target", "reason"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_skinny_connections_ended_total", Help: "Connections of Skinny phones that ended, by reason.",
		}, []string{"reason"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_skinny_messages_total", Help: "Messages from and to Skinny phones.",
		}, []string{"direction"}),
		channels: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_skinny_channels_refused_total", Help: "Media channels that Skinny phones did not open.",
		}, []string{"target"}),
	}
	for _, collector := range []prometheus.Collector{m.phones, m.connections, m.refusals, m.dropped, m.messages, m.channels} {
		if err := registerer.Register(collector); err != nil {
			return nil, fmt.Errorf("register metrics of Skinny phones: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) registered(target string, phones int) {
	if m != nil {
		m.phones.WithLabelValues(target).Set(float64(phones))
	}
}

func (m *Metrics) connected(by float64) {
	if m != nil {
		m.connections.Add(by)
	}
}

func (m *Metrics) refused(target, reason string) {
	if m != nil {
		m.refusals.WithLabelValues(target, reason).Inc()
	}
}

func (m *Metrics) drop(reason string) {
	if m != nil {
		m.dropped.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) received() {
	if m != nil {
		m.messages.WithLabelValues("in").Inc()
	}
}

func (m *Metrics) sent() {
	if m != nil {
		m.messages.WithLabelValues("out").Inc()
	}
}

func (m *Metrics) channelRefused(target string) {
	if m != nil {
		m.channels.WithLabelValues(target).Inc()
	}
}
