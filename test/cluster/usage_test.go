// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podMetrics is what is needed of PodMetricsList (metrics.k8s.io/v1beta1).
type podMetrics struct {
	Items []struct {
		metav1.ObjectMeta `json:"metadata"`

		// Timestamp is the end of the Window.
		Timestamp  metav1.Time
		Window     metav1.Duration
		Containers []struct{ Usage corev1.ResourceList }
	}
}

// usage is what every running pod used in a window that began after a time.
func (i *installation) usage(t *testing.T, since time.Time) map[string]corev1.ResourceList {
	t.Helper()
	used := make(map[string]corev1.ResourceList)
	for _, pod := range i.pods(t) {
		i.Await(2*time.Minute, "metrics of "+pod.Name, func(text string) bool {
			var metrics podMetrics
			if err := json.Unmarshal([]byte(text), &metrics); err != nil {
				return false
			}
			for _, m := range metrics.Items {
				if m.Name == pod.Name && m.Timestamp.Add(-m.Window.Duration).After(since) {
					used[pod.Name] = m.Containers[0].Usage
				}
			}
			return used[pod.Name] != nil
		}, "kubectl", "get", "podmetrics", "-o", "json")
	}
	return used
}

func (i *installation) pods(t *testing.T) []corev1.Pod {
	t.Helper()
	var pods corev1.PodList
	if err := json.Unmarshal([]byte(i.Line("kubectl get pods --field-selector=status.phase=Running -o json")), &pods); err != nil {
		t.Fatal(err)
	}
	return pods.Items
}

// withinRequests holds what pods use against what the chart asks for them. How much
// of a processor the load needs depends on the processor, and is told only.
func withinRequests(t *testing.T, i *installation) {
	used := i.usage(t, time.Now())
	var table strings.Builder
	for _, pod := range i.pods(t) {
		requests := pod.Spec.Containers[0].Resources.Requests
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			got, asked := used[pod.Name][name], requests[name]
			fmt.Fprintf(&table, "\n%-40s %-6s %10s of %s", pod.Name, name, got.String(), asked.String())
			if name == corev1.ResourceMemory && got.Cmp(asked) > 0 {
				t.Errorf("%s uses %s of memory, and asks for %s", pod.Name, got.String(), asked.String())
			}
		}
	}
	t.Logf("used while %d calls are up:%s", calls, table.String())
}
