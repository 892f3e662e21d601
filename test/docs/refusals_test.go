// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"offhook.dev/csta"
)

const refusals = root + "/docs/conformance/refusals.md"

// value is a value of CSTAErrorCode with its category.
type value struct{ category, value string }

// refusing finds in the programs' source what they refuse requests with.
type refusing struct {
	// constants of csta by name, as text.
	constants map[string]string
	// reasons of each value.
	reasons map[value]map[string]bool
}

// categories of ctierr's constructors.
var categories = map[string]string{
	"Operation": "operation", "State": "stateIncompatibility", "Security": "security",
	"SystemResource": "systemResourceAvailibility", "SubscribedResource": "subscribedResourceAvailability",
	"Performance": "performanceManagement",
}

// roleReasons are why csta-session refuses with the values of a role, in order.
var roleReasons = []string{"no such connection, or more than one", "no such line", "the user lacks the right on the line"}

// answered is why csta-session refuses before it looks at the request.
var answered = map[string]string{
	"serviceNotSupported":      "GetCSTAFeatures does not list the service",
	"performanceLimitExceeded": "as many services at once are served as may be",
}

var verb = regexp.MustCompile(`%[a-z]`)

func (r *refusing) add(category, text, reason string) {
	key := value{category, text}
	if r.reasons[key] == nil {
		r.reasons[key] = make(map[string]bool)
	}
	if reason = verb.ReplaceAllString(reason, "…"); reason != "" {
		r.reasons[key][reason] = true
	}
}

// text is what a string literal, a constant of csta, or a conversion of either
// stands for; empty: neither.
func (r *refusing) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.SelectorExpr:
		return r.constants[e.Sel.Name]
	case *ast.Ident:
		return r.constants[e.Name]
	case *ast.CallExpr:
		if len(e.Args) == 1 {
			return r.text(e.Args[0])
		}
	}
	return ""
}

// collect finds the refusals in one node.
func (r *refusing) collect(node ast.Node) {
	switch n := node.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		category, constructs := categories[name]
		switch {
		case constructs && len(n.Args) >= 2 && r.text(n.Args[0]) != "":
			r.add(category, r.text(n.Args[0]), r.text(n.Args[1]))
		case name == "refuse" && len(n.Args) == 3 && r.text(n.Args[1]) != "":
			r.add(r.text(n.Args[0]), r.text(n.Args[1]), r.text(n.Args[2]))
		case (name == "device" || name == "dialled") && len(n.Args) == 2 && r.text(n.Args[1]) != "":
			r.add("operation", r.text(n.Args[1]), map[string]string{"device": "no such line", "dialled": "cannot dial …"}[name])
		case name == "NewError" && len(n.Args) == 1 && r.text(n.Args[0]) != "":
			category, _ := csta.Category(csta.ErrorValue(r.text(n.Args[0])))
			r.add(string(category), r.text(n.Args[0]), answered[r.text(n.Args[0])])
		case name == "refuse" && len(n.Args) == 2 && r.text(n.Args[0]) != "":
			r.add("operation", r.text(n.Args[0]), r.text(n.Args[1]))
		}
	case *ast.ReturnStmt: // the table of parameters that can't be read
		if len(n.Results) == 2 && strings.HasPrefix(r.text(n.Results[0]), "invalid") {
			r.add("operation", r.text(n.Results[0]), "the parameter can't be read")
		}
	case *ast.CompositeLit:
		fields := make(map[string]string)
		for i, element := range n.Elts {
			if pair, keyed := element.(*ast.KeyValueExpr); keyed {
				if key, named := pair.Key.(*ast.Ident); named {
					fields[key.Name] = r.text(pair.Value)
				}
			} else if kind, named := n.Type.(*ast.Ident); named && kind.Name == "role" && r.text(element) != "" {
				r.add("operation", r.text(element), roleReasons[i])
			}
		}
		if fields["Category"] != "" && fields["Value"] != "" {
			r.add(fields["Category"], fields["Value"], fields["Detail"])
		}
	}
}

// parseAll calls visit for each node of the Go files below a folder, but for
// tests.
func parseAll(t *testing.T, folder string, visit func(ast.Node)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if node != nil {
				visit(node)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRefusalsPage lists what requests are refused with, and why. Each must be a
// value that ECMA-323 has in that category.
func TestRefusalsPage(t *testing.T) {
	found := refusing{
		reasons: make(map[value]map[string]bool),
		constants: map[string]string{
			"operation": "operation", "stateIncompatibility": "stateIncompatibility",
			"systemResource": "systemResourceAvailibility", "subscribed": "subscribedResourceAvailability",
		},
	}
	parseAll(t, root+"/csta", func(node ast.Node) {
		if spec, ok := node.(*ast.ValueSpec); ok && len(spec.Names) == 1 && len(spec.Values) == 1 {
			if text, literal := spec.Values[0].(*ast.BasicLit); literal && text.Kind == token.STRING {
				found.constants[spec.Names[0].Name] = found.text(text)
			}
		}
	})
	for _, folder := range []string{"csta-session", "monitor", "phone-control"} {
		parseAll(t, filepath.Join(root, "services", folder), found.collect)
	}
	shown := readStories(t)
	services := make(map[string]map[string]bool)
	for request, proof := range shown.requests {
		for refusal := range proof.refusals {
			if services[refusal] == nil {
				services[refusal] = make(map[string]bool)
			}
			services[refusal][request] = true
		}
	}
	var page strings.Builder
	page.WriteString("# Refusals\n\nWhat a request is refused with, and why. The reasons are those that the logs and\n`offhookctl` tell. A value of ECMA-269 that is not here is never answered. The\nlast column has requests of the [stories](services.md) that are refused so.\n\n| category | value | because | refused so |\n| --- | --- | --- | --- |\n")
	keys := slices.SortedFunc(maps.Keys(found.reasons), func(a, b value) int {
		return strings.Compare(a.category+"/"+a.value, b.category+"/"+b.value)
	})
	for _, key := range keys {
		if !standard(key) {
			t.Errorf("%s/%s is no value of CSTAErrorCode: %q", key.category, key.value, slices.Sorted(maps.Keys(found.reasons[key])))
		}
		fmt.Fprintf(&page, "| %s | `%s` | %s | %s |\n", key.category, key.value,
			strings.Join(slices.Sorted(maps.Keys(found.reasons[key])), "; "),
			strings.Join(slices.Sorted(maps.Keys(services[key.category+"/"+key.value])), ", "))
	}
	if len(keys) < 100 {
		t.Errorf("only %d values were found in the source", len(keys))
	}
	compare(t, refusals, page.String())
}

// standard tells whether a negative response with the value can be read in
// strict mode.
func standard(key value) bool {
	document := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><CSTAErrorCode xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"><%[1]s>%[2]s</%[1]s></CSTAErrorCode>`, key.category, key.value)
	_, err := csta.Read([]byte(document), csta.ReadOptions{Strict: true})
	return err == nil
}
