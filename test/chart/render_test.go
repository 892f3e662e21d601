// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	folder    = "../../charts/offhook"
	release   = "offhook"
	namespace = "telephony"
)

var update = flag.Bool("update", false, "write the golden files and the page of values")

// values reads a file of values; without a name there are none.
func values(t *testing.T, name string) map[string]any {
	t.Helper()
	read := map[string]any{}
	if name == "" {
		return read
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, &read); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return read
}

// rendered renders the chart as Helm 4 does, without a cluster: contents by the
// template's path.
func rendered(ctx context.Context, given map[string]any) (map[string]string, error) {
	read, err := loader.LoadDir(folder)
	if err != nil {
		return nil, err
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = common.KubeVersion{Version: "v1.37.0", Major: "1", Minor: "37"}
	options := common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(read, given, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{}.RenderWithContext(ctx, read, all)
}

// object is one object of a rendering.
type object struct {
	template string
	text     []byte
	fields   map[string]any
}

func (o object) kind() string { return o.textAt("kind") }
func (o object) name() string { return o.textAt("metadata", "name") }

// textAt is the text at a path; empty: there is none.
func (o object) textAt(path ...string) string {
	value, _ := at(o.fields, path...).(string)
	return value
}

func at(value any, path ...string) any {
	for _, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

// objects gives all objects of a rendering, in the order of their templates.
func objects(t *testing.T, files map[string]string) []object {
	t.Helper()
	var found []object
	for _, path := range sorted(files) {
		if filepath.Ext(path) != ".yaml" {
			continue
		}
		for _, text := range separator.Split(files[path], -1) {
			if !hasContent(text) {
				continue
			}
			// Keys that are there twice are refused.
			var fields map[string]any
			if err := yaml.UnmarshalStrict([]byte(text), &fields); err != nil {
				t.Fatalf("%s: %v\n%s", path, err, text)
			}
			found = append(found, object{template: path, text: bytes.TrimSpace([]byte(text)), fields: fields})
		}
	}
	return found
}

func hasContent(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	return false
}

func sorted[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// cases are the files of values in the chart's folder ci, by name.
func cases(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "ci", "*-values.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no values in %s/ci: %v", folder, err)
	}
	found := make(map[string]string)
	for _, file := range files {
		found[strings.TrimSuffix(filepath.Base(file), "-values.yaml")] = file
	}
	return found
}

// forEachCase runs a test on the objects of every file of values, and on those
// without any.
func forEachCase(t *testing.T, test func(t *testing.T, objects []object)) {
	t.Helper()
	files := cases(t)
	files["no values"] = ""
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			files, err := rendered(t.Context(), values(t, files[name]))
			if err != nil {
				t.Fatal(err)
			}
			test(t, objects(t, files))
		})
	}
}
