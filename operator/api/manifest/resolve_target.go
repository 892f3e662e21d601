// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"

	"offhook.dev/operator/api/v1alpha1"
)

// resolveTargets checks what targets name: the trunk's password, the users of
// session managers, and numbers that are nobody else's.
func (r *reader) resolveTargets(known numbers) {
	for _, target := range r.targets {
		spec := target.value.Spec
		if spec.Trunk != nil && spec.Trunk.Auth != nil {
			r.resolvePassword(target.object, "spec.trunk.auth.passwordSecretRef", spec.Trunk.Auth.PasswordSecretRef)
		}
		for i, number := range spec.Features.ParkSlots {
			if line, taken := known.lines[lineKey{target.name, number}]; taken {
				r.unresolved(v1alpha1.ReasonConflict, target.object, fmt.Sprintf("spec.features.parkSlots[%d]", i), fmt.Sprintf("%s belongs to line %s; park slots are numbers of their own", number, line))
			}
		}
		for i, manager := range spec.SessionManagers {
			r.resolveSessionManager(target.object, fmt.Sprintf("spec.sessionManagers[%d]", i), manager, known)
		}
	}
}

func (r *reader) resolveSessionManager(target object, path string, manager v1alpha1.SessionManager, known numbers) {
	id := lineKey{target.name, manager.RegisterID}
	if line, taken := known.lines[id]; taken {
		r.unresolved(v1alpha1.ReasonConflict, target, path+".registerID", fmt.Sprintf("%s is the number of line %s; write another", manager.RegisterID, line))
	} else if line, taken := known.usernames[id]; taken {
		r.unresolved(v1alpha1.ReasonConflict, target, path+".registerID", fmt.Sprintf("%s is the user name of a phone of line %s; write another", manager.RegisterID, line))
	}
	if r.missing(v1alpha1.KindCTIUser, manager.User) {
		r.unresolved(v1alpha1.ReasonUserNotFound, target, path+".user", fmt.Sprintf("user %s does not exist; add a CTIUser or correct the name", manager.User))
		return
	}
	for _, user := range r.users {
		if user.name != manager.User || !user.sound("spec.lines") {
			continue
		}
		for _, grant := range user.value.Spec.Lines {
			if grant.Target == target.name {
				return
			}
		}
		r.unresolved(v1alpha1.ReasonUserNotFound, target, path+".user", fmt.Sprintf("user %s has no right on a line of this target; grant one in its spec.lines", manager.User))
	}
}

// resolveRemoteNumbers keeps a remote number with one line, so that a call from
// it is that line's.
func (r *reader) resolveRemoteNumbers() {
	owners := make(map[lineKey]string)
	for _, line := range r.lines {
		for i, number := range line.value.Spec.RemoteNumbers {
			key := lineKey{line.value.Spec.Target, number}
			if owner, taken := owners[key]; taken && owner != line.name {
				r.unresolved(v1alpha1.ReasonConflict, line.object, fmt.Sprintf("spec.remoteNumbers[%d]", i), fmt.Sprintf("%s belongs to line %s already; a remote number means one line", number, owner))
				continue
			}
			owners[key] = line.name
		}
	}
}
