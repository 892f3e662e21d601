// SPDX-License-Identifier: Apache-2.0

package command

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/operator/internal/controller"
	"offhook.dev/operator/internal/dataplane"
	"offhook.dev/operator/internal/pki"
)

var update = flag.Bool("update", false, "write the list of metrics anew")

// TestPageListsMetrics keeps docs/operations/operator.md in step with what is
// registered.
func TestPageListsMetrics(t *testing.T) {
	const page, heading = "../../../docs/operations/operator.md", "\n## Metrics\n"
	registry := prometheus.NewRegistry()
	controller.NewMetrics(registry)
	pki.NewMetrics(registry)
	dataplane.New(dataplane.Options{Registerer: registry})
	descriptors := make(chan *prometheus.Desc, 100)
	registry.Describe(descriptors)
	close(descriptors)
	pattern := regexp.MustCompile(`fqName: "(offhook_operator_[a-z0-9_]+)", help: "((?:[^"\\]|\\.)+)".*variableLabels: \{([^}]*)\}`)
	var rows []string
	for descriptor := range descriptors {
		match := pattern.FindStringSubmatch(descriptor.String())
		if match == nil {
			t.Fatalf("metric is not named offhook_operator_noun, or has no help: %s", descriptor)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", match[1], match[3], match[2]))
	}
	slices.Sort(rows)
	section := heading + "\nBeside those of the bus, the directory and controller-runtime:\n\n| metric | labels | meaning |\n| --- | --- | --- |\n" + strings.Join(rows, "")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(content), heading)
	if *update {
		if err := os.WriteFile(page, []byte(before+section), 0o644); err != nil { // #nosec G306 -- a public page
			t.Fatal(err)
		}
		return
	}
	if string(content) != before+section {
		t.Error("docs/operations/operator.md is out of date; run this test with -update")
	}
}
