// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

// TestSmoke runs the whole scenario, small: that it works and its figures can
// be true, not how large they are.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs seven programs")
	}
	measured, err := run(smoke, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	measured.print(t.Output())
	for _, failure := range measured.failures() {
		t.Error(failure)
	}
	for _, form := range smoke.forms {
		if reason, skipped := measured.skipped[form]; skipped {
			t.Logf("%s is not measured: %v", form, reason)
			continue
		}
		for part, want := range map[string]int{partInfo: smoke.requests, partCalls: 2 * smoke.calls} {
			if form == formBaseline && part == partCalls {
				continue
			}
			figures, ok := measured.median(form, part)
			if !ok || figures.requests != want || figures.cpu <= 0 || figures.latency50 <= 0 || figures.latency99 < figures.latency50 {
				t.Errorf("%s, %s: %+v, want %d requests and what they took", form, part, figures, want)
			}
		}
		if form == formBaseline {
			continue
		}
		if heap := measured.heapPerSession[form]; heap < 512 || heap > 512<<10 {
			t.Errorf("%s: an idle session takes %.0f bytes of heap", form, heap)
		}
		events := measured.events[form]
		if each := events.delivered / events.watchers / events.calls; each < 4 || each > 20 || len(events.last) != smoke.watched {
			t.Errorf("%s: %d events of %d calls reached %d applications", form, events.delivered, events.calls, events.watchers)
		}
	}
}

func TestMedianIsByProcessorTimePerRequest(t *testing.T) {
	runs := []result{{requests: 10, cpu: 50}, {requests: 10, cpu: 10}, {requests: 20, cpu: 40}}
	if got := median(runs).cpuPerRequest(); got != 2 {
		t.Errorf("median is %d, want 2", got)
	}
}

func TestRatioIsToTheBaselineOfTheSameRun(t *testing.T) {
	m := newMeasurements(smoke)
	if _, ok := m.ratio(formOne, partCalls); ok {
		t.Error("there is a ratio without a baseline")
	}
	m.add(formBaseline, partInfo, result{requests: 10, cpu: 100 * time.Microsecond})
	m.add(formOne, partCalls, result{requests: 5, cpu: 150 * time.Microsecond, failed: 1, firstFault: "503"})
	if got, ok := m.ratio(formOne, partCalls); !ok || got != 3 {
		t.Errorf("ratio is %v %t, want 3", got, ok)
	}
	if got := m.failures(); len(got) != 1 {
		t.Errorf("failures: %q, want one", got)
	}
}
