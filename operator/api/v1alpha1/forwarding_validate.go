// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateForwarding(path *field.Path, settings []Forwarding, number string) field.ErrorList {
	var faults field.ErrorList
	seen := make(map[ForwardingType]bool, len(settings))
	for i, setting := range settings {
		at := path.Index(i)
		switch {
		case !slices.Contains(forwardingTypes(), setting.Type):
			faults = append(faults, field.NotSupported(at.Child("type"), setting.Type, forwardingTypes()))
		case seen[setting.Type]:
			faults = append(faults, field.Duplicate(at.Child("type"), setting.Type))
		}
		seen[setting.Type] = true
		switch {
		case !numberPattern.MatchString(setting.ForwardDN):
			faults = append(faults, field.Invalid(at.Child("forwardDN"), setting.ForwardDN, numberRule))
		case setting.ForwardDN == number:
			faults = append(faults, field.Invalid(at.Child("forwardDN"), setting.ForwardDN, "is the line itself; name another number"))
		}
		if setting.RingCount != nil && !setting.Type.rings() {
			faults = append(faults, field.Forbidden(at.Child("ringCount"), "goes with forwardNoAns, forwardNoAnsInt and forwardNoAnsExt"))
		}
		faults = append(faults, positive(at.Child("ringCount"), setting.RingCount, 100)...)
	}
	return faults
}
