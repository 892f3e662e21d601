// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of all sipline drivers of a process:
//
//	offhook_phone_control_legs{target}                  SIP dialogs with phones now
//	offhook_phone_control_sip_refusals_total{target,code}  INVITEs of phones refused before the call model
//	offhook_phone_control_sip_glares_total{target}      re-INVITEs that crossed one of the phone's
//	offhook_phone_control_sip_lost_phones_total{target} phones that went silent in a call
//
// A nil *Metrics counts nothing.
type Metrics struct {
	legs     *prometheus.GaugeVec
	refusals *prometheus.CounterVec
	glares   *prometheus.CounterVec
	lost     *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		legs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_phone_control_legs", Help: "SIP dialogs with phones now.",
		}, []string{"target"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_sip_refusals_total",
			Help: "INVITEs of phones refused before the call model saw them, by status code.",
		}, []string{"target", "code"}),
		glares: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_sip_glares_total",
			Help: "Re-INVITEs that crossed one of the phone's and were sent again.",
		}, []string{"target"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_phone_control_sip_lost_phones_total",
			Help: "Phones that went silent in a call.",
		}, []string{"target"}),
	}
	for _, collector := range []prometheus.Collector{m.legs, m.refusals, m.glares, m.lost} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) setLegs(target string, n int) {
	if m != nil {
		m.legs.WithLabelValues(target).Set(float64(n))
	}
}

func (m *Metrics) refused(target string, code int) {
	if m != nil {
		m.refusals.WithLabelValues(target, strconv.Itoa(code)).Inc()
	}
}

func (m *Metrics) glare(target string) {
	if m != nil {
		m.glares.WithLabelValues(target).Inc()
	}
}

func (m *Metrics) lostPhone(target string) {
	if m != nil {
		m.lost.WithLabelValues(target).Inc()
	}
}
