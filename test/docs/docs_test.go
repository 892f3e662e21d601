// SPDX-License-Identifier: Apache-2.0

// Package docs keeps the reference pages in step with the programs: the
// configuration files with what --print-config prints, the metrics with what is
// registered. Run it with -update to write the pages anew.
package docs

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/offhook/allinone"
)

var update = flag.Bool("update", false, "write the pages anew")

const (
	root       = "../.."
	operations = root + "/docs/operations"
)

func TestConfigurationPage(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Configuration of the services\n\nEach service reads one YAML file, given by `--config`. Unknown fields are refused,\nand all faults are reported at once, each with its path. These are the defaults,\nas `SERVICE --print-config` prints them; a file needs only what differs.\n\nThe fields are described where they are declared: in `Common` of\n[process](../../services/process/config.go) and in each service's `Config`.\n\nThe manifests' fields are described in [manifests](manifests.md).\n")
	folder := t.TempDir()
	for _, service := range []string{"sip-edge", "csta-session", "monitor", "phone-control", "operator"} {
		program := filepath.Join(folder, service)
		build := exec.Command("go", "build", "-o", program, "./"+service)
		build.Dir = filepath.Join(root, "services")
		if service == "operator" {
			build = exec.Command("go", "build", "-o", program, ".")
			build.Dir = filepath.Join(root, "operator")
		}
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", service, err, output)
		}
		printed, err := exec.Command(program, "--print-config").Output()
		if err != nil {
			t.Fatalf("%s --print-config: %v", service, err)
		}
		fmt.Fprintf(&page, "\n## %s\n\n```yaml\n%s```\n", service, printed)
	}
	compare(t, filepath.Join(operations, "configuration.md"), page.String())
}

var descriptorPattern = regexp.MustCompile(`fqName: "([^"]+)", help: "((?:[^"\\]|\\.)*)".*variableLabels: \{([^}]*)\}`)

var metricNamePattern = regexp.MustCompile(`^offhook_[a-z0-9]+(_[a-z0-9]+)*$`)

func TestMetricsPage(t *testing.T) {
	process, err := allinone.New(t.Context(), allinone.Options{
		Manifests: root + "/deploy/samples/quickstart", SIP: []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	descriptors := make(chan *prometheus.Desc, 1024)
	process.Metrics().Describe(descriptors)
	close(descriptors)
	if err := process.Close(); err != nil {
		t.Error(err)
	}
	lines := make(map[string]string)
	for descriptor := range descriptors {
		match := descriptorPattern.FindStringSubmatch(descriptor.String())
		if match == nil {
			t.Fatalf("descriptor is written in another way now: %s", descriptor)
		}
		name, help, labels := match[1], match[2], match[3]
		if !strings.HasPrefix(name, "offhook_") {
			continue // Go's and the process's own
		}
		if !metricNamePattern.MatchString(name) {
			t.Errorf("metric %s is not named offhook_component_noun", name)
		}
		if help == "" {
			t.Errorf("metric %s has no help", name)
		}
		lines[name] = fmt.Sprintf("| `%s` | %s | %s |", name, strings.ReplaceAll(labels, ",", ", "), strings.ReplaceAll(help, "|", `\|`))
	}
	if len(lines) < 10 {
		t.Fatalf("only %d metrics are registered", len(lines))
	}
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	slices.Sort(names)
	var page strings.Builder
	page.WriteString("# Metrics\n\n`/metrics` of each service's admin listener, and of `offhook` for all of them.\nCounters end in `_total`; times are in seconds, sizes in bytes. Go's own and the\nprocess's metrics are there too. The label `side` tells the SIP endpoints apart:\n`outer` and `inner` of sip-edge, `b2bua` of phone-control.\n\n| metric | labels | meaning |\n| --- | --- | --- |\n")
	for _, name := range names {
		page.WriteString(lines[name] + "\n")
	}
	compare(t, filepath.Join(operations, "metrics.md"), page.String())
}

func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is out of date (-programs +page); run this test with -update:\n%s", path, diff)
	}
}
