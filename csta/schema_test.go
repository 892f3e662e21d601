// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"os"
	"strings"
	"testing"
)

// schemaFacts is what the tests need of the schema description: which types
// are choices, and which children came with which edition.
type schemaFacts struct {
	choices map[string]bool
	since   map[string]Edition // by "Type.Field"
	enums   map[string]string  // a value of each enumeration
}

func loadSchemaFacts(tb testing.TB) schemaFacts {
	tb.Helper()
	facts := schemaFacts{choices: map[string]bool{}, since: map[string]Edition{}, enums: map[string]string{}}
	for _, file := range []string{"enums", "types", "services", "events", "sessions"} {
		text, err := os.ReadFile("internal/gen/schema/" + file + ".txt")
		if err != nil {
			tb.Fatal(err)
		}
		kind, name := "", ""
		for line := range strings.SplitSeq(string(text), "\n") {
			words := strings.Fields(line)
			switch {
			case len(words) == 0 || words[0] == "#":
			case !strings.HasPrefix(line, "\t"):
				if words[0] == "session" {
					words = words[1:]
				}
				kind, name = words[0], words[1]
				facts.choices[name] = kind == "choice"
			case kind == "enum":
				facts.enums[name] = words[0]
			default:
				if strings.Contains(line, " ed6") {
					field := strings.TrimSuffix(words[0], "!")
					facts.since[name+"."+strings.ToUpper(field[:1])+field[1:]] = Edition6
				}
			}
		}
	}
	return facts
}

func TestSchemaFactsAreFound(t *testing.T) {
	facts := loadSchemaFacts(t)
	if !facts.choices["MonitorObject"] || facts.since["MakeCall.Reason"] != Edition6 || facts.enums["EventCause"] == "" {
		t.Fatalf("schema description is read wrongly: %v", facts)
	}
}
