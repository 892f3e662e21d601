// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestManifestsPage writes the reference of the manifests from the types'
// comments and markers.
func TestManifestsPage(t *testing.T) {
	types := readTypes(t, root+"/operator/api/v1alpha1")
	var page strings.Builder
	page.WriteString("# Manifests\n\nEvery field of the three kinds, from their\n[types](../../operator/api/v1alpha1). `apiVersion` is `cti.offhook.dev/v1alpha1`.\nDurations are written as `90s`, `10m` or `1h`; numbers of lines are text and stand\nin quotes. `offhook check FOLDER` reports everything that is wrong in a folder.\nComplete folders: [quickstart](../../deploy/samples/quickstart),\n[office](../../deploy/samples/office) and [skinny](../../deploy/samples/skinny).\n")
	written := map[string]bool{}
	for _, kind := range []string{"CMETarget", "Line", "CTIUser"} {
		fmt.Fprintf(&page, "\n## %s\n\n%s\n", kind, types.text(kind))
		types.write(&page, kind+"Spec", kind+" spec", written)
	}
	compare(t, filepath.Join(operations, "manifests.md"), page.String())
}

// apiTypes are the type declarations of a package by name.
type apiTypes map[string]*ast.GenDecl

func readTypes(t *testing.T, folder string) apiTypes {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_types.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no types in %s: %v", folder, err)
	}
	types := apiTypes{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok && general.Tok == token.TYPE {
				types[general.Specs[0].(*ast.TypeSpec).Name.Name] = general
			}
		}
	}
	return types
}

// text is a type's comment without its markers.
func (a apiTypes) text(name string) string { text, _ := split(a[name].Doc); return text }

// split parts a comment into its text, on one line, and its markers.
func split(comment *ast.CommentGroup) (text string, markers []string) {
	var words []string
	for line := range strings.Lines(comment.Text()) {
		line = strings.TrimSpace(line)
		if marker, ok := strings.CutPrefix(line, "+"); ok {
			markers = append(markers, marker)
		} else if line != "" {
			words = append(words, line)
		}
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", `\|`), markers
}

// structOf gives a type's fields; nil: it is no struct of ours.
func (a apiTypes) structOf(name string) *ast.StructType {
	if a[name] == nil {
		return nil
	}
	fields, _ := a[name].Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	return fields
}

// write writes the table of a struct and then those of the structs it holds.
func (a apiTypes) write(page *strings.Builder, name, title string, written map[string]bool) {
	if written[name] {
		return
	}
	written[name] = true
	fmt.Fprintf(page, "\n### %s\n", title)
	if text := a.text(name); !strings.HasSuffix(name, "Spec") {
		fmt.Fprintf(page, "\n%s\n", text)
	}
	page.WriteString("\n| field | type | meaning |\n| --- | --- | --- |\n")
	var inner []string
	for _, field := range a.structOf(name).Fields.List {
		if field.Tag == nil || len(field.Names) == 0 {
			continue
		}
		_, tag, _ := strings.Cut(field.Tag.Value, `json:"`)
		key, _, _ := strings.Cut(strings.TrimRight(tag, "`\""), ",")
		text, markers := split(field.Doc)
		if !slices.Contains(markers, "optional") {
			text = "**Required.** " + text
		}
		kind, held := a.typeOf(field.Type, markers)
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", key, kind, text)
		if held != "" {
			inner = append(inner, held)
		}
	}
	for _, held := range inner {
		a.write(page, held, held, written)
	}
}

// typeOf says in words what a field holds, and which struct, if any.
func (a apiTypes) typeOf(expression ast.Expr, markers []string) (words, held string) {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return a.typeOf(expression.X, markers)
	case *ast.ArrayType:
		words, held = a.typeOf(expression.Elt, nil)
		return "list of " + words, held
	case *ast.SelectorExpr:
		if expression.Sel.Name == "LabelSelector" {
			return "label selector (`matchLabels`, `matchExpressions`)", ""
		}
		return "duration", ""
	case *ast.Ident:
		switch {
		case a.structOf(expression.Name) != nil:
			return "[" + expression.Name + "](#" + strings.ToLower(expression.Name) + ")", expression.Name
		case a[expression.Name] != nil:
			_, own := split(a[expression.Name].Doc)
			values := strings.ReplaceAll(marker(own, "kubebuilder:validation:Enum="), ";", "`, `")
			words = "`" + values + "`"
			if standard := marker(markers, "kubebuilder:default="); standard != "" {
				words += "; default `" + standard + "`"
			}
			return words, ""
		}
		words = map[string]string{"string": "text", "bool": "true or false", "int32": "number"}[expression.Name]
		if least, most := marker(markers, "kubebuilder:validation:Minimum="), marker(markers, "kubebuilder:validation:Maximum="); most != "" {
			words = "number, " + least + " to " + most
		}
		if standard := marker(markers, "kubebuilder:default="); standard != "" {
			words += "; default `" + standard + "`"
		}
		return words, ""
	}
	return "", ""
}

func marker(markers []string, name string) string {
	for _, marker := range markers {
		if value, ok := strings.CutPrefix(marker, name); ok {
			return value
		}
	}
	return ""
}
