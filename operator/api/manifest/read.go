// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bufio"
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"offhook.dev/operator/api/v1alpha1"
)

// Bounds of what a folder may hold.
const (
	MaxFileBytes = 16 << 20
	maxObjects   = 100_000
)

// Read reads the files of a folder, by name. The error is Faults and lists
// everything that is wrong.
func Read(files map[string][]byte) (*Set, error) {
	r := reader{secrets: make(map[string]loaded[secret]), seen: make(map[string]string)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r.file(name, files[name])
	}
	r.resolve()
	if len(r.faults) > 0 {
		return nil, r.faults.sorted()
	}
	set := &Set{secrets: make(map[string]secret, len(r.secrets))}
	for name, loaded := range r.secrets {
		set.secrets[name] = loaded.value
	}
	for _, target := range r.targets {
		set.Targets = append(set.Targets, target.value)
	}
	for _, line := range r.lines {
		set.Lines = append(set.Lines, line.value)
	}
	for _, user := range r.users {
		set.Users = append(set.Users, user.value)
	}
	slices.SortFunc(set.Targets, func(a, b *v1alpha1.CMETarget) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(set.Lines, func(a, b *v1alpha1.Line) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(set.Users, func(a, b *v1alpha1.CTIUser) int { return strings.Compare(a.Name, b.Name) })
	return set, nil
}

type reader struct {
	faults  Faults
	targets []loaded[*v1alpha1.CMETarget]
	lines   []loaded[*v1alpha1.Line]
	users   []loaded[*v1alpha1.CTIUser]
	secrets map[string]loaded[secret]
	// seen tells in which file a "Kind name" stands.
	seen map[string]string
}

func (r *reader) fault(o object, path, reason string) {
	name := o.kind
	if o.name != "" {
		name = o.String()
	}
	r.faults = append(r.faults, Fault{File: o.file, Object: name, Field: path, Reason: reason})
}

func (r *reader) fieldFaults(o object, faults field.ErrorList) {
	for _, fault := range faults {
		r.fault(o, fault.Field, fault.ErrorBody())
	}
}

func (r *reader) file(name string, content []byte) {
	if len(content) > MaxFileBytes {
		r.fault(object{file: name, kind: "file"}, "", fmt.Sprintf("has %d bytes; %d is the most, split it", len(content), MaxFileBytes))
		return
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for number := 1; ; number++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		at := object{file: name, kind: fmt.Sprintf("document %d", number)}
		if err != nil {
			r.fault(at, "", err.Error())
			return
		}
		if len(r.seen) >= maxObjects {
			r.fault(at, "", fmt.Sprintf("the folder has more than %d objects", maxObjects))
			return
		}
		if !blank(document) {
			r.document(at, document)
		}
	}
}

// blank tells a document of comments only.
func blank(document []byte) bool {
	for line := range bytes.Lines(document) {
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' && !bytes.Equal(text, []byte("---")) {
			return false
		}
	}
	return true
}

func (r *reader) document(at object, document []byte) {
	var meta struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal(document, &meta); err != nil {
		r.fault(at, "", yamlReason(err))
		return
	}
	o := object{file: at.file, kind: meta.Kind, name: meta.Name}
	if meta.Kind == "" || meta.APIVersion == "" {
		r.fault(at, "kind", "apiVersion and kind are required")
		return
	}
	if meta.Name == "" {
		r.fault(o, "metadata.name", "is required")
		return
	}
	if other, twice := r.seen[o.String()]; twice {
		r.fault(o, "metadata.name", "stands already in "+other+"; names are unique per kind")
		return
	}
	r.seen[o.String()] = o.file
	ours := v1alpha1.SchemeGroupVersion().String()
	switch meta.APIVersion + " " + meta.Kind {
	case ours + " " + v1alpha1.KindCMETarget:
		decode(r, o, document, &v1alpha1.CMETarget{}, &r.targets)
	case ours + " " + v1alpha1.KindLine:
		decode(r, o, document, &v1alpha1.Line{}, &r.lines)
	case ours + " " + v1alpha1.KindCTIUser:
		decode(r, o, document, &v1alpha1.CTIUser{}, &r.users)
	case "v1 Secret":
		var core coreSecret
		if !r.strict(o, document, &core) {
			return
		}
		r.secrets[o.name] = loaded[secret]{object: o, value: core.secret()}
	default:
		r.fault(o, "kind", fmt.Sprintf("%s %s is not known here; known are %s CMETarget, Line and CTIUser, and v1 Secret", meta.APIVersion, meta.Kind, ours))
	}
}

// validated is a manifest that fills and checks itself.
type validated interface {
	SetDefaults()
	Validate() field.ErrorList
}

func decode[T validated](r *reader, o object, document []byte, value T, list *[]loaded[T]) {
	if !r.strict(o, document, value) {
		return
	}
	value.SetDefaults()
	r.fieldFaults(o, value.Validate())
	*list = append(*list, loaded[T]{object: o, value: value})
}

// strict decodes a document in which every field must be known and stand once.
func (r *reader) strict(o object, document []byte, into any) bool {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		r.fault(o, "", yamlReason(err))
		return false
	}
	faults, err := json.UnmarshalStrict(text, into)
	if err != nil {
		if wrongType, ok := errors.AsType[*stdjson.UnmarshalTypeError](err); ok {
			r.fault(o, wrongType.Field, fmt.Sprintf("is a %s, must be %s", wrongType.Value, kindWords(wrongType.Type)))
			return false
		}
		r.fault(o, "", yamlReason(err))
		return false
	}
	for _, fault := range faults {
		if at, ok := errors.AsType[json.FieldError](fault); ok {
			r.fault(o, at.FieldPath(), "is not a field of "+o.kind+"; correct or remove it")
			continue
		}
		r.fault(o, "", yamlReason(fault))
	}
	return len(faults) == 0
}

// kindWords says what a field of a Go type holds in YAML's words.
func kindWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text (quote it)"
	default:
		return "a number"
	}
}

// yamlReason takes the decoder's own prefixes off.
func yamlReason(err error) string {
	text := err.Error()
	for _, prefix := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
