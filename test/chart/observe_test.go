// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

var (
	metricName = regexp.MustCompile(`\b(?:offhook|process|go)_[a-z0-9_]+`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// metrics are the names that the services and the operator have, with those that
// Prometheus makes of histograms, and those of every Go process that are used.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{"process_resident_memory_bytes": true, "process_cpu_seconds_total": true}
	files := []string{"../../docs/operations/metrics.md"}
	sources, err := filepath.Glob("../../operator/internal/*/metrics.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no metrics of the operator: %v", err)
	}
	for _, file := range append(files, sources...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metricName.FindAllString(string(text), -1) {
			known[name] = true
			if strings.HasSuffix(name, "_seconds") {
				known[name+"_bucket"], known[name+"_count"], known[name+"_sum"] = true, true, true
			}
		}
	}
	return known
}

// TestMetricsExist wants alerts and dashboards to ask for metrics that there are.
func TestMetricsExist(t *testing.T) {
	known := metrics(t)
	everything, err := rendered(t.Context(), values(t, cases(t)["everything"]))
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, everything)
	asked := 0
	ask := func(where, expression string) {
		for _, name := range metricName.FindAllString(expression, -1) {
			asked++
			if !known[name] {
				t.Errorf("%s asks for %s, which nobody has", where, name)
			}
		}
		if !strings.Contains(expression, `namespace="`) {
			t.Errorf("%s mixes namespaces: %s", where, expression)
		}
	}
	for _, rule := range decode[prometheusRule](t, all, "PrometheusRule") {
		for _, alert := range rule.Spec.Groups[0].Rules {
			ask(alert.Alert, alert.Expr)
		}
	}
	dashboards := 0
	for _, file := range decode[corev1.ConfigMap](t, all, "ConfigMap") {
		for name, text := range file.Data {
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			dashboards++
			var board struct {
				UID    string `json:"uid"`
				Panels []struct {
					ID      int    `json:"id"`
					Title   string `json:"title"`
					Targets []struct {
						Expr string `json:"expr"`
					} `json:"targets"`
				} `json:"panels"`
			}
			if err := json.Unmarshal([]byte(text), &board); err != nil || board.UID == "" || len(board.Panels) == 0 {
				t.Errorf("%s: %v", name, err)
			}
			for _, panel := range board.Panels {
				for _, target := range panel.Targets {
					ask(name+" "+panel.Title, target.Expr)
				}
			}
		}
	}
	if dashboards != 3 || asked < 50 {
		t.Errorf("%d dashboards, %d questions", dashboards, asked)
	}
}

// TestAlertsLinkToTheManual wants a section of the manual behind each alert.
func TestAlertsLinkToTheManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]bool)
	for _, match := range heading.FindAllStringSubmatch(string(text), -1) {
		name := strings.ReplaceAll(strings.ToLower(match[1]), " ", "-")
		sections[regexp.MustCompile(`[^a-z0-9-]`).ReplaceAllString(name, "")] = true
	}
	everything, err := rendered(t.Context(), values(t, cases(t)["everything"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range decode[prometheusRule](t, objects(t, everything), "PrometheusRule") {
		for _, alert := range rule.Spec.Groups[0].Rules {
			_, section, _ := strings.Cut(alert.Annotations["runbook_url"], "#")
			if !sections[section] {
				t.Errorf("%s links to section %q, which there is not", alert.Alert, section)
			}
			if severity := alert.Labels["severity"]; severity != "warning" && severity != "critical" {
				t.Errorf("%s: severity is %q", alert.Alert, severity)
			}
			if alert.Annotations["summary"] == "" {
				t.Errorf("%s says nothing", alert.Alert)
			}
		}
	}
}
