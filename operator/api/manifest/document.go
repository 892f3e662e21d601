// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"offhook.dev/operator/api/v1alpha1"
)

// document reads one YAML document; one without content is none.
func (r *reader) document(at object, text []byte) {
	tree, err := parse(text)
	if err != nil {
		r.unread = true
		r.fault(at, "", yamlReason(err, at.line))
		return
	}
	if tree == nil {
		return
	}
	root, ok := tree.(map[string]any)
	if !ok {
		r.unread = true
		r.fault(at, "", "is "+valueWords(tree)+", must be a mapping with apiVersion, kind and metadata")
		return
	}
	o, ok := r.identify(at, root)
	if !ok {
		r.unread = true
		return
	}
	if other, twice := r.seen[o.String()]; twice {
		r.fault(o, "metadata.name", fmt.Sprintf("stands already in %s, line %d; names are unique per kind", other.file, other.line))
		return
	}
	r.seen[o.String()] = o
	switch o.kind {
	case v1alpha1.KindCMETarget:
		r.targets = append(r.targets, decode(r, o, root, &v1alpha1.CMETarget{}))
	case v1alpha1.KindLine:
		r.lines = append(r.lines, decode(r, o, root, &v1alpha1.Line{}))
	case v1alpha1.KindCTIUser:
		r.users = append(r.users, decode(r, o, root, &v1alpha1.CTIUser{}))
	case kindSecret:
		r.secrets[o.name] = decode(r, o, root, &coreSecret{})
	}
}

// parse gives the JSON value of a YAML document whose keys stand once each.
func parse(text []byte) (any, error) {
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, err //nolint:wrapcheck // yamlReason words it
	}
	decoder := json.NewDecoder(bytes.NewReader(converted))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read YAML as JSON: %w", err)
	}
	return tree, nil
}

// identify tells which object a document is of, and reports why not.
func (r *reader) identify(at object, root map[string]any) (object, bool) {
	text := func(from map[string]any, key, path string) (string, bool) {
		switch value := from[key].(type) {
		case string:
			if value != "" {
				return value, true
			}
		case nil:
		default:
			r.fault(at, path, "is "+valueWords(value)+", must be text"+quoteHint(value))
			return "", false
		}
		r.fault(at, path, "is required")
		return "", false
	}
	version, hasVersion := text(root, "apiVersion", "apiVersion")
	kind, hasKind := text(root, "kind", "kind")
	if !hasVersion || !hasKind {
		return object{}, false
	}
	ours := v1alpha1.SchemeGroupVersion().String()
	wanted, known := map[string]string{
		v1alpha1.KindCMETarget: ours, v1alpha1.KindLine: ours, v1alpha1.KindCTIUser: ours, kindSecret: "v1",
	}[kind]
	if !known {
		r.fault(at, "kind", fmt.Sprintf("%q is not known here; known are CMETarget, Line, CTIUser and Secret", kind))
		return object{}, false
	}
	at.kind = kind
	metadata, ok := root["metadata"].(map[string]any)
	if !ok && root["metadata"] != nil {
		r.fault(at, "metadata", "is "+valueWords(root["metadata"])+", must be a mapping")
		return object{}, false
	}
	name, hasName := text(metadata, "name", "metadata.name")
	at.name = name
	if version != wanted {
		r.fault(at, "apiVersion", fmt.Sprintf("%q is not that of a %s; write %s", version, kind, wanted))
		return object{}, false
	}
	return at, hasName
}

// validated is a manifest that fills and checks itself.
type validated interface {
	GetNamespace() string
	SetDefaults()
	Validate() field.ErrorList
}

// decode reads an object and reports every fault of it. Fields that don't fit
// are left out.
func decode[T validated](r *reader, o object, root map[string]any, value T) loaded[T] {
	s := shape{kind: o.kind}
	fitting := s.fit("", root, reflect.TypeOf(value))
	for _, misfit := range s.misfits {
		r.fault(o, misfit.path, misfit.reason)
	}
	result := loaded[T]{object: o, value: value, misfits: s.misfits}
	text, err := json.Marshal(fitting)
	if err == nil {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		r.fault(o, "", oneLine(err.Error()))
		return result
	}
	r.checkNamespace(o, value.GetNamespace())
	value.SetDefaults()
	for _, fault := range value.Validate() {
		if !s.concerns(fault.Field) {
			r.fault(o, fault.Field, oneLine(fault.ErrorBody()))
			result.misfits = append(result.misfits, misfit{path: fault.Field})
		}
	}
	return result
}

// checkNamespace keeps a folder in one namespace: references don't leave it,
// and the names of two would mix.
func (r *reader) checkNamespace(o object, namespace string) {
	switch {
	case namespace == "":
	case r.namespace == "":
		r.namespaced, r.namespace = o, namespace
	case namespace != r.namespace:
		r.fault(o, "metadata.namespace", fmt.Sprintf("is %q, but %s in %s has %q; a folder holds one namespace", namespace, r.namespaced, r.namespaced.file, r.namespace))
	}
}
