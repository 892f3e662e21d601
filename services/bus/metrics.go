// SPDX-License-Identifier: Apache-2.0

package bus

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	disconnects   prometheus.Counter
	errors        prometheus.Counter
	watchRestarts prometheus.Counter
	appended      prometheus.Counter
	published     prometheus.Counter
	publishErrors prometheus.Counter
	refused       prometheus.Counter
	pending       prometheus.Gauge
	read          prometheus.Counter
	gaps          prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	var all []prometheus.Collector
	counter := func(name, help string) prometheus.Counter {
		made := prometheus.NewCounter(prometheus.CounterOpts{Name: "offhook_bus_" + name, Help: help})
		all = append(all, made)
		return made
	}
	m := &metrics{
		disconnects:   counter("disconnects_total", "Lost connections to NATS."),
		errors:        counter("errors_total", "Asynchronous errors that the NATS client reported."),
		watchRestarts: counter("watch_restarts_total", "Watches of buckets that failed and were started again."),
		appended:      counter("events_appended_total", "Events given to event writers."),
		published:     counter("event_batches_published_total", "Messages of events that NATS acknowledged."),
		publishErrors: counter("event_publish_errors_total", "Publications of events that failed and were tried again."),
		refused:       counter("events_refused_total", "Events lost because a writer's backlog was full."),
		read:          counter("events_read_total", "Events handed over by event readers."),
		gaps:          counter("event_gaps_total", "Gaps in the numbers of events that readers saw."),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_bus_events_pending", Help: "Events that wait for their acknowledgement.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(append(all, m.pending)...)
	}
	return m
}
