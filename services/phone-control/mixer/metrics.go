// SPDX-License-Identifier: Apache-2.0

package mixer

import "github.com/prometheus/client_golang/prometheus"

// Metrics of the mixers of a process:
//
//	offhook_mixer_ports                            RTP ports open now
//	offhook_mixer_conferences                      conferences now
//	offhook_mixer_parties                          parties in conferences now
//	offhook_mixer_packets_received_total           RTP packets taken
//	offhook_mixer_packets_sent_total               RTP packets sent
//	offhook_mixer_packets_lost_total               packets that never came
//	offhook_mixer_packets_late_total               packets that came too late to be heard
//	offhook_mixer_packets_refused_total{reason}    datagrams not taken: malformed, foreign, unexpected
//	offhook_mixer_send_errors_total                packets that the system would not send
//	offhook_mixer_frames_skipped_total             20 ms frames not mixed in time
//	offhook_mixer_digits_dropped_total             digits of a party that found a queue full
//	offhook_mixer_refusals_total{reason}           ports and conferences refused: ports, conferences, parties
//
// A nil *Metrics counts nothing.
type Metrics struct {
	ports, conferences, parties    prometheus.Gauge
	received, sent, lost, late     prometheus.Counter
	malformed, foreign, unexpected prometheus.Counter
	sendErrors, skipped, digits    prometheus.Counter
	refusals                       *prometheus.CounterVec
}

// NewMetrics makes and registers the metrics.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "offhook_mixer_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_mixer_" + name + "_total", Help: help})
	}
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "offhook_mixer_packets_refused_total", Help: "Datagrams that were not taken, by reason.",
	}, []string{"reason"})
	m := &Metrics{
		ports:       gauge("ports", "RTP ports open now."),
		conferences: gauge("conferences", "Conferences now."),
		parties:     gauge("parties", "Parties in conferences now."),
		received:    counter("packets_received", "RTP packets taken."),
		sent:        counter("packets_sent", "RTP packets sent."),
		lost:        counter("packets_lost", "RTP packets that never came."),
		late:        counter("packets_late", "RTP packets that came too late to be heard."),
		malformed:   refused.WithLabelValues("malformed"),
		foreign:     refused.WithLabelValues("foreign"),
		unexpected:  refused.WithLabelValues("unexpected"),
		sendErrors:  counter("send_errors", "RTP packets that the system would not send."),
		skipped:     counter("frames_skipped", "Frames of 20 ms that were not mixed in time."),
		digits:      counter("digits_dropped", "Digits of a party that found a queue full."),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_mixer_refusals_total", Help: "Ports and conferences refused, by what there was none left of.",
		}, []string{"reason"}),
	}
	for _, collector := range []prometheus.Collector{
		m.ports, m.conferences, m.parties, m.received, m.sent, m.lost, m.late, refused,
		m.sendErrors, m.skipped, m.digits, m.refusals,
	} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Reasons of refusals.
const (
	refusedPorts       = "ports"
	refusedConferences = "conferences"
	refusedParties     = "parties"
)

func (m *Metrics) refuse(reason string) {
	if m != nil {
		m.refusals.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) addPorts(n int) {
	if m != nil {
		m.ports.Add(float64(n))
	}
}

func (m *Metrics) addConferences(n int) {
	if m != nil {
		m.conferences.Add(float64(n))
	}
}

func (m *Metrics) addParties(n int) {
	if m != nil {
		m.parties.Add(float64(n))
	}
}

func (m *Metrics) countReceived() {
	if m != nil {
		m.received.Inc()
	}
}

func (m *Metrics) countSent() {
	if m != nil {
		m.sent.Inc()
	}
}

func (m *Metrics) countLost(n uint64) {
	if m != nil {
		m.lost.Add(float64(n))
	}
}

func (m *Metrics) countLate() {
	if m != nil {
		m.late.Inc()
	}
}

func (m *Metrics) refuseMalformed() {
	if m != nil {
		m.malformed.Inc()
	}
}

func (m *Metrics) refuseForeign() {
	if m != nil {
		m.foreign.Inc()
	}
}

func (m *Metrics) refuseUnexpected() {
	if m != nil {
		m.unexpected.Inc()
	}
}

func (m *Metrics) failSend() {
	if m != nil {
		m.sendErrors.Inc()
	}
}

func (m *Metrics) skip(frames int) {
	if m != nil {
		m.skipped.Add(float64(frames))
	}
}

func (m *Metrics) dropDigit() {
	if m != nil {
		m.digits.Inc()
	}
}
