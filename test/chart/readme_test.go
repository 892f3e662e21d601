// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// value is one row of the page.
type value struct {
	path    []string
	text    string // its comment, or one that it shares
	own     bool   // the comment is its own
	initial string // as JSON
}

func (v value) name() string { return strings.Join(v.path, ".") }

// TestReadme compares the chart's page of values with the comments of values.yaml,
// which every value must have.
func TestReadme(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(folder, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(content, []byte("\n")); lines > 400 {
		t.Errorf("values.yaml has %d lines, more than 400", lines)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	all := collect(t, document.Content[0], nil, "")
	edge := make(map[string]string)
	for _, v := range all {
		if v.path[0] == "sipEdge" {
			edge[strings.Join(v.path[1:], ".")] = v.text
		}
	}
	var page strings.Builder
	page.WriteString(readmeHead)
	section := ""
	for _, v := range all {
		if same := strings.Join(v.path[1:], "."); !v.own && v.path[0] != "sipEdge" && edge[same] != "" {
			v.text = "As `sipEdge." + same + "`."
		}
		if v.text == "" {
			t.Errorf("%s has no comment", v.name())
		}
		if heading := headings[v.path[0]]; heading != section {
			section = heading
			fmt.Fprintf(&page, "\n## %s\n\n| value | default | meaning |\n| --- | --- | --- |\n", section)
		}
		fmt.Fprintf(&page, "| `%s` | `%s` | %s |\n", v.name(), v.initial, strings.ReplaceAll(v.text, "|", `\|`))
	}
	compare(t, filepath.Join(folder, "README.md"), []byte(page.String()))
}

// headings of the page, by the first part of the value's name.
var headings = map[string]string{
	"nameOverride": "General", "fullnameOverride": "General", "image": "General", "commonLabels": "General", "commonAnnotations": "General",
	"logLevel": "General", "networkPolicy": "General", "drain": "General", "crds": "General",
	"certificates": "Certificates inside", "sipEdge": "sip-edge", "cstaSession": "csta-session", "monitor": "monitor",
	"phoneControl": "phone-control", "operator": "operator", "nats": "NATS", "metrics": "Metrics", "tests": "Test",
}

const readmeHead = `# Chart offhook

Offhook on Kubernetes: the four services, the operator, the CRDs and NATS, in one
namespace. [Installing](../../docs/operations/install.md) begins with an address;
[the chart's page](../../docs/operations/chart.md) says how its parts go together.

` + "```sh\nhelm install offhook charts/offhook --namespace offhook --create-namespace\n```" + `

Helm 3.14 or newer, or 4; Kubernetes 1.30 or newer. Unknown values are refused.
` + "`values-ha.yaml`" + ` is an installation that outlives any one node.

<!-- Generated from values.yaml: cd test && go test ./chart -update -->
`

// collect gives the values below a mapping. Mappings in one line are one value.
// A comment counts for the keys that follow it without an empty line and without
// a comment of their own.
func collect(t *testing.T, mapping *yaml.Node, path []string, inherited string) []value {
	t.Helper()
	var found []value
	running, last := inherited, mapping.Line-1
	for i := 0; i < len(mapping.Content); i += 2 {
		key, node := mapping.Content[i], mapping.Content[i+1]
		if own := comment(key.HeadComment); own != "" {
			running = own
		} else if key.Line != last+1 {
			running = ""
		}
		last = lastLine(node)
		here := append(append([]string(nil), path...), key.Value)
		if node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle == 0 {
			found = append(found, collect(t, node, here, running)...)
			running = ""
			continue
		}
		text, own := running, comment(key.HeadComment) != ""
		if beside := comment(key.LineComment + node.LineComment); beside != "" {
			text, own = beside, true
		}
		var initial any
		if err := node.Decode(&initial); err != nil {
			t.Fatalf("%s: %v", strings.Join(here, "."), err)
		}
		written, err := json.Marshal(initial)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, value{here, text, own, string(written)})
	}
	return found
}

func lastLine(node *yaml.Node) int {
	last := node.Line
	for _, child := range node.Content {
		last = max(last, lastLine(child))
	}
	return last
}

func comment(text string) string {
	// What stands before an empty line is of the section.
	if i := strings.LastIndex(text, "\n\n"); i >= 0 {
		text = text[i+2:]
	}
	var words []string
	for line := range strings.Lines(text) {
		words = append(words, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "#"))...)
	}
	return strings.Join(words, " ")
}
