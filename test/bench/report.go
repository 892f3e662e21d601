// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"
)

// measurements are the figures of one run.
type measurements struct {
	plan plan
	// runs by form and part, one for each round.
	runs map[string]map[string][]result
	// heapPerSession in bytes, and events, by form.
	heapPerSession map[string]float64
	events         map[string]spread
	skipped        map[string]error
}

func newMeasurements(p plan) *measurements {
	return &measurements{
		plan: p, runs: make(map[string]map[string][]result),
		heapPerSession: make(map[string]float64), events: make(map[string]spread), skipped: make(map[string]error),
	}
}

func (m *measurements) skip(form string, reason error) { m.skipped[form] = reason }

func (m *measurements) add(form, part string, figures result) {
	if m.runs[form] == nil {
		m.runs[form] = make(map[string][]result)
	}
	m.runs[form][part] = append(m.runs[form][part], figures)
}

// median round of a form's part.
func (m *measurements) median(form, part string) (result, bool) {
	runs := m.runs[form][part]
	if len(runs) == 0 {
		return result{}, false
	}
	return median(runs), true
}

// ratio of a form's processor time per request to the baseline's, of the same run.
func (m *measurements) ratio(form, part string) (float64, bool) {
	base, has := m.median(formBaseline, partInfo)
	figures, measured := m.median(form, part)
	if !has || !measured || base.cpu == 0 {
		return 0, false
	}
	return float64(figures.cpuPerRequest()) / float64(base.cpuPerRequest()), true
}

// failures says which part had requests that failed.
func (m *measurements) failures() []string {
	var failures []string
	for _, form := range m.plan.forms {
		for _, part := range m.plan.parts {
			for round, figures := range m.runs[form][part] {
				if figures.failed > 0 {
					failures = append(failures, fmt.Sprintf("%s, %s, round %d: %d failed, the first with: %s", form, part, round+1, figures.failed, figures.firstFault))
				}
			}
		}
	}
	return failures
}

var partNames = map[string]string{partInfo: "SnapshotDevice", partCalls: "MakeCall + ClearConnection"}

var formNames = map[string]string{formBaseline: "bare SIP server", formOne: "one process", formFour: "four processes"}

// print writes the figures as tables.
func (m *measurements) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(format string, arguments ...any) { _, _ = fmt.Fprintf(table, format+"\t\n", arguments...) }
	_, _ = fmt.Fprintf(out, "%d processors, %s; medians of %d rounds, which went over all forms in turn\n\n", runtime.NumCPU(), runtime.Version(), m.plan.rounds)
	row("per request of\ton\tCPU\tratio to bare\trequests/s\tp50\tp99\tfailed")
	for _, part := range []string{partInfo, partCalls} {
		for _, form := range m.plan.forms {
			figures, ok := m.median(form, part)
			if !ok {
				continue
			}
			ratio := "-"
			if value, ok := m.ratio(form, part); ok {
				ratio = fmt.Sprintf("%.2f", value)
			}
			failed := 0
			for _, run := range m.runs[form][part] {
				failed += run.failed
			}
			row("%s\t%s\t%s\t%s\t%.0f\t%s\t%s\t%d", partNames[part], formNames[form], micro(figures.cpuPerRequest()), ratio,
				figures.perSecond(), milli(figures.latency50), milli(figures.latency99), failed)
		}
	}
	_ = table.Flush()
	_, _ = fmt.Fprintln(out)
	row("%s\ton\theap per idle session\tevents of a call\tCPU per event\tlast of %d told, median\tworst", "held", m.plan.watchers)
	for _, form := range m.plan.forms {
		heap, events := "-", []any{"-", "-", "-", "-"}
		if bytes, ok := m.heapPerSession[form]; ok {
			heap = fmt.Sprintf("%.1f KiB", bytes/1024)
		}
		if figures, ok := m.events[form]; ok {
			events = []any{figures.delivered / figures.watchers / figures.calls, micro(figures.cpuPerEvent()), milli(figures.median()), milli(figures.last[len(figures.last)-1])}
		}
		if heap != "-" || events[0] != "-" {
			row("%s\t%s\t%s\t%v\t%s\t%s\t%s", append([]any{fmt.Sprintf("%d sessions", m.plan.idle), formNames[form], heap}, events...)...)
		}
	}
	_ = table.Flush()
	for form, reason := range m.skipped {
		_, _ = fmt.Fprintf(out, "\nnot measured: %s: %v\n", formNames[form], reason)
	}
}

func micro(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}

func milli(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// profileSeconds is how long a profile is taken: about one part of a round.
const profileSeconds = 3

// profile takes processor profiles of a system's processes in the first round,
// where asked for. The function that it gives waits for them.
func (m *measurements) profile(s *system, part string, round int) (wait func() error) {
	if m.plan.profiles == "" || round > 0 {
		return func() error { return nil }
	}
	var taking sync.WaitGroup
	failures := make(chan error, len(s.servers))
	for _, server := range s.servers {
		if server.admin == "" {
			continue
		}
		taking.Go(func() {
			failures <- download(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", server.admin, profileSeconds),
				filepath.Join(m.plan.profiles, s.name+"-"+server.Name+"-"+part+".pprof"))
		})
	}
	return func() error {
		taking.Wait()
		close(failures)
		for err := range failures {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func download(url, path string) error {
	response, err := http.Get(url) // #nosec G107 -- loopback
	if err != nil {
		return fmt.Errorf("get profile: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	file, err := os.Create(path) // #nosec G304 -- the folder that was asked for
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		_ = file.Close()
		return fmt.Errorf("write profile: %w", err)
	}
	return file.Close()
}
