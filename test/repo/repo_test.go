// SPDX-License-Identifier: Apache-2.0

// Package repo keeps the rules of the repository itself: who may import whom,
// that every package says what it is, that files stay small, that links in the
// documents lead somewhere.
package repo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// goFile is a parsed file with its path from the root, with slashes.
type goFile struct {
	path      string
	syntax    *ast.File
	lines     int
	text      string
	generated bool
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			t.Fatalf("parse %s: %v", path, err)
		}
		files = append(files, goFile{
			path: filepath.ToSlash(path), syntax: syntax, lines: strings.Count(string(text), "\n"),
			text: string(text), generated: ast.IsGenerated(syntax),
		})
	})
	if len(files) < 20 {
		t.Fatalf("found only %d Go files: is the root right?", len(files))
	}
	return files
}

func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case ".git", "bin", "dist", "testdata", ".cache":
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(relative)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// importRule forbids imports by prefix to the files below a folder.
type importRule struct {
	below     string
	except    string
	forbidden []string
	only      []string
	why       string
}

var importRules = []importRule{
	{below: "csta/", only: []string{"std", "offhook.dev/csta"}, why: "the codec is useful to anyone on its own"},
	{below: "proto/", only: []string{"std", "offhook.dev/proto", "google.golang.org/grpc", "google.golang.org/protobuf"}, why: "contracts carry no other dependency"},
	{below: "services/", forbidden: []string{"k8s.io/", "sigs.k8s.io/controller-runtime", "offhook.dev/operator", "offhook.dev/offhook"}, why: "the data plane needs no Kubernetes"},
	{below: "", except: "services/sipstack/", forbidden: []string{"github.com/emiago/sipgo"}, why: "one package wraps sipgo"},
	{below: "operator/", forbidden: []string{"github.com/emiago/sipgo", "offhook.dev/services/sipstack", "offhook.dev/services/phone-control", "offhook.dev/services/sip-edge", "offhook.dev/offhook"}, why: "the operator knows the data plane by its configuration and reports"},
	{below: "operator/api/", forbidden: []string{"offhook.dev/services", "sigs.k8s.io/controller-runtime"}, why: "the manifests' types stay light"},
}

func TestImportRules(t *testing.T) {
	for _, file := range goFiles(t) {
		for _, rule := range importRules {
			if !strings.HasPrefix(file.path, rule.below) || rule.except != "" && strings.HasPrefix(file.path, rule.except) {
				continue
			}
			// The benchmark's baseline is a bare sipgo server.
			if strings.HasPrefix(file.path, "test/bench/baseline/") && rule.except == "services/sipstack/" {
				continue
			}
			for _, spec := range file.syntax.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if !rule.allows(path) {
					t.Errorf("%s imports %s: %s", file.path, path, rule.why)
				}
			}
		}
	}
}

func (r importRule) allows(path string) bool {
	for _, prefix := range r.forbidden {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	if len(r.only) == 0 {
		return true
	}
	first, _, _ := strings.Cut(path, "/")
	for _, prefix := range r.only {
		if prefix == "std" && !strings.Contains(first, ".") || path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}

func TestImportRulesCanFail(t *testing.T) {
	if importRules[0].allows("github.com/google/go-cmp/cmp") {
		t.Error("csta may import a third party")
	}
	if importRules[2].allows("k8s.io/api/core/v1") || !importRules[2].allows("sigs.k8s.io/yaml") {
		t.Error("the rule for services is wrong")
	}
	if importRules[3].allows("github.com/emiago/sipgo/sip") {
		t.Error("sipgo may be imported anywhere")
	}
}

func TestEveryFileHasItsLicence(t *testing.T) {
	for _, file := range goFiles(t) {
		if !strings.HasPrefix(file.text, "// SPDX-License-Identifier: Apache-2.0\n") && !file.generated {
			t.Errorf("%s: the first line is not the SPDX line", file.path)
		}
	}
}

func TestFilesStaySmall(t *testing.T) {
	for _, file := range goFiles(t) {
		if !file.generated && file.lines > 500 {
			t.Errorf("%s has %d lines; 500 is the most, one concept a file", file.path, file.lines)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented, packages := map[string]bool{}, map[string]bool{}
	for _, file := range goFiles(t) {
		folder := filepath.Dir(file.path)
		if strings.HasPrefix(folder, "proto/offhook") {
			continue // the .proto files say it
		}
		packages[folder] = true
		documented[folder] = documented[folder] || file.syntax.Doc != nil
	}
	for folder := range packages {
		if !documented[folder] {
			t.Errorf("package in %s has no package comment", folder)
		}
	}
}

func TestNoInitAndNoExitOutsideMain(t *testing.T) {
	for _, file := range goFiles(t) {
		if file.generated || strings.HasSuffix(file.path, "_test.go") {
			continue
		}
		main := file.syntax.Name.Name == "main"
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if node.Name.Name == "init" && node.Recv == nil {
					t.Errorf("%s has a func init", file.path)
				}
			case *ast.SelectorExpr:
				if name, ok := node.X.(*ast.Ident); ok && name.Name == "os" && node.Sel.Name == "Exit" && !main {
					t.Errorf("%s calls os.Exit outside main", file.path)
				}
			}
			return true
		})
	}
}
