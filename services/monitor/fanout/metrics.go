// SPDX-License-Identifier: Apache-2.0

package fanout

import "github.com/prometheus/client_golang/prometheus"

// metrics count monitors and events. Reasons are a closed set.
type metrics struct {
	events     prometheus.Counter
	encoded    prometheus.Counter
	deliveries prometheus.Counter
	lost       *prometheus.CounterVec
	gaps       prometheus.Counter
	replays    prometheus.Counter
	refused    *prometheus.CounterVec
	delay      prometheus.Histogram
}

// Reasons why an event is lost to a session.
const (
	lostQueueFull   = "queue_full"
	lostUnreachable = "edge_unreachable"
	lostOverflowed  = "session_overflowed"
	lostNoSession   = "unknown_session"
)

func newMetrics(registerer prometheus.Registerer, monitors, queued func() float64) *metrics {
	m := &metrics{
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_monitor_events_total", Help: "Events read from the stream.",
		}),
		encoded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_monitor_events_encoded_total", Help: "Times that an event was encoded, once per way of writing it.",
		}),
		deliveries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_monitor_events_delivered_total", Help: "Events handed to edges, counted per monitor.",
		}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_monitor_events_lost_total", Help: "Events lost on the way to a session, by reason, counted per monitor.",
		}, []string{"reason"}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_monitor_gaps_total", Help: "Gaps in the event stream.",
		}),
		replays: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_monitor_replays_total", Help: "Sessions that were given recent events again, as they or their dialogs had moved.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_monitor_refusals_total", Help: "Monitors refused, by limit.",
		}, []string{"limit"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "offhook_monitor_event_delay_seconds",
			Help:    "Time from an event's occurrence to its hand-over to an edge.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.events, m.encoded, m.deliveries, m.lost, m.gaps, m.replays, m.refused, m.delay,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "offhook_monitors", Help: "Monitors known to this replica, whoever serves them.",
			}, monitors),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "offhook_monitor_deliveries_queued", Help: "Deliveries that wait for their edge.",
			}, queued))
	}
	return m
}
