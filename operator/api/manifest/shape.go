// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// misfit is a part of a document that its Go type has no place for.
type misfit struct{ path, reason string }

// shape finds all misfits of a document at once, where decoders stop at the
// first. What does not fit is left out, so that the rest can be judged as well.
type shape struct {
	kind    string
	misfits []misfit
}

func (s *shape) refuse(path, reason string) any {
	s.misfits = append(s.misfits, misfit{path: path, reason: reason})
	return nil
}

// concerns tells whether a field, or one it stands in, was left out.
func (s *shape) concerns(path string) bool {
	return slices.ContainsFunc(s.misfits, func(m misfit) bool {
		rest, found := strings.CutPrefix(path, m.path)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// fit returns a value of a JSON document as far as it fits a type.
func (s *shape) fit(path string, value any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if value == nil {
		return nil // as if it were left out
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return s.fitOwn(path, value, t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.fitStruct(path, value, t)
	case reflect.Map:
		return s.fitMap(path, value, t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return s.fitBytes(path, value)
		}
		return s.fitList(path, value, t)
	case reflect.String:
		if _, ok := value.(string); !ok {
			return s.refuse(path, "is "+valueWords(value)+", must be text"+quoteHint(value))
		}
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			return s.refuse(path, "is "+valueWords(value)+", must be true or false")
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		number, ok := value.(json.Number)
		if !ok {
			return s.refuse(path, "is "+valueWords(value)+", must be a number")
		}
		if whole, err := number.Int64(); err != nil || reflect.Zero(t).OverflowInt(whole) {
			return s.refuse(path, number.String()+" is not a whole number, or too large")
		}
	default:
		return s.refuse(path, "can't be set in a manifest; remove it")
	}
	return value
}

func (s *shape) fitStruct(path string, value any, t reflect.Type) any {
	object, ok := value.(map[string]any)
	if !ok {
		return s.refuse(path, "is "+valueWords(value)+", must be a mapping")
	}
	fields := make(map[string]reflect.Type)
	addFields(fields, t)
	fitting := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field, known := fields[name]
		if !known {
			s.refuse(join(path, name), "is not a field of "+s.kind+"; "+hint(name, slices.Sorted(maps.Keys(fields))))
			continue
		}
		fitting[name] = s.fit(join(path, name), object[name], field)
	}
	return fitting
}

// addFields collects the JSON names of a struct and of what it embeds.
func addFields(fields map[string]reflect.Type, t reflect.Type) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && field.Anonymous:
			addFields(fields, field.Type)
		case name != "":
			fields[name] = field.Type
		}
	}
}

func (s *shape) fitMap(path string, value any, t reflect.Type) any {
	object, ok := value.(map[string]any)
	if !ok {
		return s.refuse(path, "is "+valueWords(value)+", must be a mapping")
	}
	fitting := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		fitting[key] = s.fit(path+"["+printable(key)+"]", object[key], t.Elem())
	}
	return fitting
}

func (s *shape) fitList(path string, value any, t reflect.Type) any {
	list, ok := value.([]any)
	if !ok {
		return s.refuse(path, "is "+valueWords(value)+", must be a list")
	}
	fitting := make([]any, len(list))
	for i, item := range list {
		fitting[i] = s.fit(fmt.Sprintf("%s[%d]", path, i), item, t.Elem())
	}
	return fitting
}

// fitBytes checks base64. Reasons never show the text, which may be a secret.
func (s *shape) fitBytes(path string, value any) any {
	text, ok := value.(string)
	if !ok {
		return s.refuse(path, "is "+valueWords(value)+", must be text in base64")
	}
	if _, err := base64.StdEncoding.DecodeString(text); err != nil {
		return s.refuse(path, "is not base64; encode it, or write plain text under stringData")
	}
	return value
}

// fitOwn checks a type that reads its own text.
func (s *shape) fitOwn(path string, value any, t reflect.Type) any {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(t).Interface())
	}
	if err == nil {
		return value
	}
	switch t {
	case reflect.TypeFor[metav1.Duration]():
		return s.refuse(path, string(text)+" is not a duration; write for example 90s, 10m or 1h")
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return s.refuse(path, string(text)+" is not a time; write for example 2026-01-02T15:04:05Z")
	default:
		return s.refuse(path, oneLine(err.Error()))
	}
}
