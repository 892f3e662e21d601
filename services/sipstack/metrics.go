// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one endpoint. Without a Registerer they are counted and not shown.
type metrics struct {
	requests    *prometheus.CounterVec
	responses   *prometheus.CounterVec
	reqIn       map[RequestMethod]prometheus.Counter
	reqOut      map[RequestMethod]prometheus.Counter
	resIn       [7]prometheus.Counter
	resOut      [7]prometheus.Counter
	again       prometheus.Counter
	cseq        prometheus.Counter
	expired     prometheus.Counter
	refusals    *prometheus.CounterVec
	faults      *prometheus.CounterVec
	opened      *prometheus.CounterVec
	closedConns *prometheus.CounterVec
	ended       *prometheus.CounterVec
}

func knownMethods() []RequestMethod {
	return []RequestMethod{INVITE, ACK, CANCEL, BYE, REGISTER, OPTIONS, SUBSCRIBE, NOTIFY, REFER, INFO, MESSAGE, PRACK, UPDATE, PUBLISH}
}

func newMetrics(e *Endpoint, r prometheus.Registerer) (*metrics, error) {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "offhook", Subsystem: "sip", Name: name, Help: help}, labels)
	}
	m := &metrics{
		requests:    counters("requests_total", "SIP requests by direction and method.", "direction", "method"),
		responses:   counters("responses_total", "SIP responses by direction and class.", "direction", "class"),
		refusals:    counters("refused_total", "Messages and requests refused or dropped, by reason.", "reason"),
		faults:      counters("transport_errors_total", "Faults of sockets by operation.", "operation"),
		opened:      counters("connections_opened_total", "Stream connections opened, by direction.", "direction"),
		closedConns: counters("connections_closed_total", "Stream connections closed, by direction and reason.", "direction", "reason"),
		ended:       counters("dialogs_ended_total", "Dialogs ended, by cause.", "cause"),
		reqIn:       make(map[RequestMethod]prometheus.Counter),
		reqOut:      make(map[RequestMethod]prometheus.Counter),
	}
	events := counters("events_total", "Retransmissions absorbed, CSeq numbers that started over, sessions expired.", "event")
	m.again, m.cseq, m.expired = events.WithLabelValues("retransmission"), events.WithLabelValues("cseq_restart"), events.WithLabelValues("session_expired")
	for _, method := range append(knownMethods(), "other") {
		m.reqIn[method] = m.requests.WithLabelValues("in", string(method))
		m.reqOut[method] = m.requests.WithLabelValues("out", string(method))
	}
	for class, name := range []string{"", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx"} {
		if class > 0 {
			m.resIn[class] = m.responses.WithLabelValues("in", name)
			m.resOut[class] = m.responses.WithLabelValues("out", name)
		}
	}
	if r == nil {
		return m, nil
	}
	gauge := func(name, help string, value func() int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "offhook", Subsystem: "sip", Name: name, Help: help},
			func() float64 { return float64(value()) })
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.responses, m.refusals, m.faults, m.opened, m.closedConns, m.ended, events,
		gauge("server_transactions", "Server transactions, lingering ones included.", e.counts.serverTx.Load),
		gauge("client_transactions", "Client transactions.", e.counts.clientTx.Load),
		gauge("dialogs", "Dialogs, early ones included.", e.counts.dialogs.Load),
		gauge("connections", "Stream connections.", e.transports.count),
		gauge("timers", "Timers running.", func() int64 { return int64(e.timers.len()) }),
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (t *transports) count() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.conns))
}

func byMethod(m map[RequestMethod]prometheus.Counter, method RequestMethod) prometheus.Counter {
	if c := m[method]; c != nil {
		return c
	}
	return m["other"]
}

func (m *metrics) requestIn(method RequestMethod)  { byMethod(m.reqIn, method).Inc() }
func (m *metrics) requestOut(method RequestMethod) { byMethod(m.reqOut, method).Inc() }
func (m *metrics) responseIn(res *Response)        { m.resIn[res.StatusCode/100].Inc() }
func (m *metrics) retransmissionIn()               { m.again.Inc() }
func (m *metrics) cseqRestarted()                  { m.cseq.Inc() }
func (m *metrics) sessionExpired()                 { m.expired.Inc() }
func (m *metrics) refused(reason string)           { m.refusals.WithLabelValues(reason).Inc() }
func (m *metrics) transportError(op string)        { m.faults.WithLabelValues(op).Inc() }

func (m *metrics) responseOut(code int, _ RequestMethod) {
	if class := code / 100; class >= 1 && class <= 6 {
		m.resOut[class].Inc()
	}
}

func direction(inbound bool) string {
	if inbound {
		return "in"
	}
	return "out"
}

func (m *metrics) connectionOpened(inbound bool) { m.opened.WithLabelValues(direction(inbound)).Inc() }
func (m *metrics) connectionClosed(inbound bool, reason string) {
	m.closedConns.WithLabelValues(direction(inbound), reason).Inc()
}
func (m *metrics) dialogEnded(cause DialogEnd) { m.ended.WithLabelValues(cause.String()).Inc() }

// String is the cause as a metric label.
func (c DialogEnd) String() string {
	switch c {
	case EndByeReceived:
		return "bye_received"
	case EndByeSent:
		return "bye_sent"
	case EndTimerExpired:
		return "timer_expired"
	case EndPeerLost:
		return "peer_lost"
	case EndRejected:
		return "rejected"
	case EndEndpointClose:
		return "endpoint_close"
	}
	return "unknown"
}
