// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/translate"
)

// Metrics of objects.
type Metrics struct {
	objects *prometheus.GaugeVec
	faulty  *prometheus.GaugeVec
	writes  prometheus.Counter
}

// NewMetrics registers the metrics; nil: none.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_operator_objects", Help: "Objects of the namespace by kind.",
		}, []string{"kind"}),
		faulty: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_operator_objects_faulty", Help: "Objects by kind that have a fault and are not, or not as written, in force.",
		}, []string{"kind"}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_operator_status_writes_total", Help: "Statuses of objects that were written.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.objects, m.faulty, m.writes)
	}
	return m
}

func (m *Metrics) count(objects manifest.Objects, output translate.Output) {
	m.objects.WithLabelValues(v1alpha1.KindCMETarget).Set(float64(len(objects.Targets)))
	m.objects.WithLabelValues(v1alpha1.KindLine).Set(float64(len(objects.Lines)))
	m.objects.WithLabelValues(v1alpha1.KindCTIUser).Set(float64(len(objects.Users)))
	faulty := map[string]int{v1alpha1.KindCMETarget: 0, v1alpha1.KindLine: 0, v1alpha1.KindCTIUser: 0}
	for object := range output.Faults {
		faulty[object.Kind]++
	}
	for kind, number := range faulty {
		m.faulty.WithLabelValues(kind).Set(float64(number))
	}
}

func (m *Metrics) wrote() { m.writes.Inc() }
