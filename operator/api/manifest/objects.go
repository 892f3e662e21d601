// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"offhook.dev/operator/api/v1alpha1"
)

// Objects are the objects of one namespace, as an API server gives them. Where
// two claim the same, the one that is listed first has it.
type Objects struct {
	Targets []*v1alpha1.CMETarget
	Lines   []*v1alpha1.Line
	Users   []*v1alpha1.CTIUser
	// Secrets are the data of the Secrets that the others name.
	Secrets map[string]map[string][]byte
}

// FromObjects judges objects as Read judges those of a folder. The set holds
// those without a fault, and users that have sound grants beside grants of lines
// or targets that don't exist, without these. Each fault
// names its object by Kind and Name. The objects are not changed.
func FromObjects(objects Objects) (set *Set, faults Faults) {
	r := reader{secrets: make(map[string]loaded[*coreSecret]), seen: make(map[string]object)}
	for name, data := range objects.Secrets {
		o := object{kind: kindSecret, name: name}
		r.seen[o.String()] = o
		r.secrets[name] = loaded[*coreSecret]{object: o, value: &coreSecret{Data: data}}
	}
	for _, target := range objects.Targets {
		r.targets = append(r.targets, judge(&r, v1alpha1.KindCMETarget, target.DeepCopy()))
	}
	for _, line := range objects.Lines {
		r.lines = append(r.lines, judge(&r, v1alpha1.KindLine, line.DeepCopy()))
	}
	for _, user := range objects.Users {
		r.users = append(r.users, judge(&r, v1alpha1.KindCTIUser, user.DeepCopy()))
	}
	r.resolve()
	r.expand()
	faulty := make(map[string]bool, len(r.faults))
	for _, fault := range r.faults {
		faulty[fault.Object] = true
	}
	r.targets = without(r.targets, faulty)
	r.lines = without(r.lines, faulty)
	var users []loaded[*v1alpha1.CTIUser]
	for _, user := range r.users {
		if faulty[user.String()] && !prune(user.value, r.faults) {
			continue
		}
		users = append(users, user)
	}
	r.users = users
	return r.set(), r.faults
}

// prune removes the grants that name what does not exist; false: the user has
// another fault, or no sound grant.
func prune(user *v1alpha1.CTIUser, faults Faults) bool {
	dangling, unmatched := make(map[int]bool), make(map[int]bool)
	for _, fault := range faults {
		if fault.Kind != v1alpha1.KindCTIUser || fault.Name != user.Name {
			continue
		}
		list := dangling
		i, ok := grantIndex(fault.Field, "spec.lines[")
		if !ok {
			list = unmatched
			i, ok = grantIndex(fault.Field, "spec.lineSelectors[")
		}
		if !ok || fault.Cause != v1alpha1.ReasonLineNotFound && fault.Cause != v1alpha1.ReasonTargetNotFound {
			return false
		}
		list[i] = true
	}
	var kept []v1alpha1.LineGrant
	for i, grant := range user.Spec.Lines {
		if !dangling[i] {
			kept = append(kept, grant)
		}
	}
	var selectors []v1alpha1.LineSelectorGrant
	for i, grant := range user.Spec.LineSelectors {
		if !unmatched[i] {
			selectors = append(selectors, grant)
		}
	}
	user.Spec.Lines, user.Spec.LineSelectors = kept, selectors
	return len(kept)+len(selectors) > 0
}

// grantIndex is the i of a path in a list.
func grantIndex(path, list string) (int, bool) {
	rest, found := strings.CutPrefix(path, list)
	if !found {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(digits)
	return i, err == nil
}

// judged is an object of the API.
type judged interface {
	GetName() string
	SetDefaults()
	Validate() field.ErrorList
}

// judge reports what an object alone shows.
func judge[T judged](r *reader, kind string, value T) loaded[T] {
	o := object{kind: kind, name: value.GetName()}
	r.seen[o.String()] = o
	result := loaded[T]{object: o, value: value}
	value.SetDefaults()
	for _, fault := range value.Validate() {
		r.fault(o, fault.Field, oneLine(fault.ErrorBody()))
		result.misfits = append(result.misfits, misfit{path: fault.Field})
	}
	return result
}

func without[T any](list []loaded[T], faulty map[string]bool) []loaded[T] {
	kept := make([]loaded[T], 0, len(list))
	for _, entry := range list {
		if !faulty[entry.String()] {
			kept = append(kept, entry)
		}
	}
	return kept
}
