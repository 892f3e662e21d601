// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"regexp"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var registerIDPattern = regexp.MustCompile(`^[0-9A-Za-z]{1,30}$`)

func validateSessionManagers(path *field.Path, managers []SessionManager) field.ErrorList {
	var faults field.ErrorList
	if len(managers) > maxSessionManagers {
		faults = append(faults, field.TooMany(path, len(managers), maxSessionManagers))
	}
	seen := make(map[string]bool, len(managers))
	for i, manager := range managers {
		at := path.Index(i)
		switch {
		case !registerIDPattern.MatchString(manager.RegisterID):
			faults = append(faults, field.Invalid(at.Child("registerID"), manager.RegisterID, "write 1 to 30 letters and digits"))
		case seen[manager.RegisterID]:
			faults = append(faults, field.Duplicate(at.Child("registerID"), manager.RegisterID))
		}
		seen[manager.RegisterID] = true
		if manager.User == "" {
			faults = append(faults, field.Required(at.Child("user"), "name the CTIUser it authenticates as"))
		} else {
			for _, text := range validation.IsDNS1123Subdomain(manager.User) {
				faults = append(faults, field.Invalid(at.Child("user"), manager.User, text))
			}
		}
		faults = append(faults, between(at.Child("keepalive"), manager.Keepalive, time.Minute, time.Hour)...)
	}
	return faults
}
