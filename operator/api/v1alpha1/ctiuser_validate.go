// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate returns every fault of the user as it is with its defaults, each
// with its field and what to do. It does not change the user.
func (u *CTIUser) Validate() field.ErrorList {
	user := u.DeepCopy()
	user.SetDefaults()
	spec := field.NewPath("spec")
	faults := validateName(user.Name)
	if !validUser(user.Spec.User) {
		faults = append(faults, field.Invalid(spec.Child("user"), user.Spec.User, "write the user part of From: "+userRule))
	}
	faults = append(faults, user.Spec.PasswordSecretRef.validate(spec.Child("passwordSecretRef"))...)
	faults = append(faults, user.Spec.validateGrants(spec.Child("lines"))...)
	faults = append(faults, user.Spec.validateSelectors(spec.Child("lineSelectors"))...)
	limits := spec.Child("limits")
	faults = append(faults, positive(limits.Child("sessions"), user.Spec.Limits.Sessions, 10_000)...)
	return append(faults, positive(limits.Child("monitors"), user.Spec.Limits.Monitors, 100_000)...)
}

func (s CTIUserSpec) validateGrants(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if len(s.Lines) == 0 && len(s.LineSelectors) == 0 {
		faults = append(faults, field.Required(path, "list the lines the user may monitor or control, in lines or by lineSelectors"))
	}
	if len(s.Lines) > maxGrants {
		faults = append(faults, field.TooMany(path, len(s.Lines), maxGrants))
	}
	type key struct{ target, number string }
	seen := make(map[key]bool, len(s.Lines))
	for i, grant := range s.Lines {
		at := path.Index(i)
		if grant.Target == "" {
			faults = append(faults, field.Required(at.Child("target"), "name the line's CMETarget"))
		}
		if !numberPattern.MatchString(grant.Number) {
			faults = append(faults, field.Invalid(at.Child("number"), grant.Number, "write the number of a Line"))
		}
		if line := (key{grant.Target, grant.Number}); seen[line] {
			faults = append(faults, field.Duplicate(at, grant.Target+" "+grant.Number))
		} else {
			seen[line] = true
		}
		faults = append(faults, validateRights(at.Child("rights"), grant.Rights)...)
	}
	return faults
}

func (s CTIUserSpec) validateSelectors(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if len(s.LineSelectors) > maxSelectors {
		faults = append(faults, field.TooMany(path, len(s.LineSelectors), maxSelectors))
	}
	for i, grant := range s.LineSelectors {
		at := path.Index(i)
		if grant.Target == "" {
			faults = append(faults, field.Required(at.Child("target"), "name the lines' CMETarget"))
		}
		if _, err := metav1.LabelSelectorAsSelector(&grant.Selector); err != nil {
			faults = append(faults, field.Invalid(at.Child("selector"), metav1.FormatLabelSelector(&grant.Selector), err.Error()))
		}
		faults = append(faults, validateRights(at.Child("rights"), grant.Rights)...)
	}
	return faults
}

func validateRights(path *field.Path, rights []Right) field.ErrorList {
	if len(rights) == 0 {
		return field.ErrorList{field.Required(path, "grant monitor, control or both")}
	}
	var faults field.ErrorList
	for i, right := range rights {
		switch {
		case right != RightMonitor && right != RightControl:
			faults = append(faults, field.NotSupported(path.Index(i), right, []Right{RightMonitor, RightControl}))
		case slices.Contains(rights[:i], right):
			faults = append(faults, field.Duplicate(path.Index(i), right))
		}
	}
	return faults
}
