// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of all targets that a replica runs:
//
//	offhook_phone_control_targets                       targets run here
//	offhook_phone_control_calls{target}                 calls now
//	offhook_phone_control_queue_length{target}          work waiting for the target's goroutine
//	offhook_phone_control_steps_total{target}           inputs given to the call model
//	offhook_phone_control_events_total{target}          events written
//	offhook_phone_control_events_lost_total{target}     events that the bus did not take
//	offhook_phone_control_services_total{target,service} services asked for
//	offhook_phone_control_refusals_total{target,reason} services refused
//	offhook_phone_control_handovers_total{target,outcome} targets left to or taken from another replica
//	offhook_phone_control_service_seconds{service}      time until the answer
//
// A nil *Metrics counts nothing.
type Metrics struct {
	targets   prometheus.Gauge
	calls     *prometheus.GaugeVec
	queue     *prometheus.GaugeVec
	steps     *prometheus.CounterVec
	events    *prometheus.CounterVec
	lost      *prometheus.CounterVec
	services  *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	handOvers *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "offhook_phone_control_" + name, Help: help}, []string{"target"})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "offhook_phone_control_" + name, Help: help},
			append([]string{"target"}, labels...))
	}
	m := &Metrics{
		targets: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_phone_control_targets", Help: "Targets run by this replica.",
		}),
		calls:     gauge("calls", "Calls now."),
		queue:     gauge("queue_length", "Work waiting for the target's goroutine."),
		steps:     counter("steps_total", "Inputs given to the call model."),
		events:    counter("events_total", "Events written to the bus."),
		lost:      counter("events_lost_total", "Events that the bus did not take."),
		services:  counter("services_total", "CSTA services asked for.", "service"),
		refusals:  counter("refusals_total", "CSTA services refused, by reason.", "reason"),
		handOvers: counter("handovers_total", "Targets handed over, by outcome: left, taken, failed (to be left) or not_taken.", "outcome"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "offhook_phone_control_service_seconds",
			Help:    "Time from a service's request to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"service"}),
	}
	for _, collector := range []prometheus.Collector{
		m.targets, m.calls, m.queue, m.steps, m.events, m.lost, m.services, m.refusals, m.handOvers, m.seconds,
	} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) running(delta float64) {
	if m != nil {
		m.targets.Add(delta)
	}
}

func (m *Metrics) handedOver(target, outcome string) {
	if m != nil {
		m.handOvers.WithLabelValues(target, outcome).Inc()
	}
}

func (m *Metrics) state(target string, calls, queued int) {
	if m != nil {
		m.calls.WithLabelValues(target).Set(float64(calls))
		m.queue.WithLabelValues(target).Set(float64(queued))
	}
}

func (m *Metrics) stepped(target string) {
	if m != nil {
		m.steps.WithLabelValues(target).Inc()
	}
}

func (m *Metrics) wrote(target string, events int, lost bool) {
	switch {
	case m == nil || events == 0:
	case lost:
		m.lost.WithLabelValues(target).Add(float64(events))
	default:
		m.events.WithLabelValues(target).Add(float64(events))
	}
}

func (m *Metrics) refused(target, reason string) {
	if m != nil {
		m.refusals.WithLabelValues(target, reason).Inc()
	}
}

func (m *Metrics) served(target, service string, took time.Duration) {
	if m != nil {
		m.services.WithLabelValues(target, service).Inc()
		m.seconds.WithLabelValues(service).Observe(took.Seconds())
	}
}
