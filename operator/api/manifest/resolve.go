// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"strings"

	"offhook.dev/operator/api/v1alpha1"
)

// resolve checks what only all files together can tell: references, and names
// that are unique across objects. It does not call missing what stands in the
// folder but can't be read: that fault is reported where it is.
func (r *reader) resolve() {
	r.uniqueDomains()
	numbers := r.resolveLines()
	r.resolveUsers(numbers)
	r.resolveRemoteNumbers()
	r.resolveTargets(numbers)
	r.resolveSkinny(numbers)
}

func (r *reader) uniqueDomains() {
	owners := make(map[string]string)
	for _, target := range r.targets {
		for i, domain := range target.value.Spec.SIP.Domains {
			canonical := v1alpha1.CanonicalDomain(domain)
			if owner, taken := owners[canonical]; taken && owner != target.name {
				r.unresolved(v1alpha1.ReasonConflict, target.object, fmt.Sprintf("spec.sip.domains[%d]", i), fmt.Sprintf("%q belongs to target %s already; a domain means one target", domain, owner))
				continue
			}
			owners[canonical] = target.name
		}
	}
}

// missing tells that the folder surely has no object of a kind and name.
func (r *reader) missing(kind, name string) bool {
	_, seen := r.seen[object{kind: kind, name: name}.String()]
	return name != "" && !seen && !r.unread
}

func (r *reader) resolveTarget(o object, path, name string) {
	if r.missing(v1alpha1.KindCMETarget, name) {
		r.unresolved(v1alpha1.ReasonTargetNotFound, o, path, fmt.Sprintf("target %s does not exist; add a CMETarget or correct the name", name))
	}
}

// lineKey is a text that is unique inside a target.
type lineKey struct{ target, text string }

// numbers are the names of the lines by target and number.
type numbers struct {
	lines map[lineKey]string
	// usernames are the names of the lines by target and phone's user name.
	usernames map[lineKey]string
	// unsure: some line's number or target is not known.
	unsure bool
}

func (r *reader) resolveLines() numbers {
	known := numbers{lines: make(map[lineKey]string, len(r.lines)), usernames: make(map[lineKey]string), unsure: r.unread}
	usernames := known.usernames
	for _, line := range r.lines {
		spec := line.value.Spec
		if line.sound("spec.target") {
			r.resolveTarget(line.object, "spec.target", spec.Target)
		}
		if !line.sound("spec.target", "spec.number") {
			known.unsure = true
		} else if other, taken := known.lines[lineKey{spec.Target, spec.Number}]; taken {
			r.unresolved(v1alpha1.ReasonConflict, line.object, "spec.number", fmt.Sprintf("%s belongs to line %s of target %s already", spec.Number, other, spec.Target))
		} else {
			known.lines[lineKey{spec.Target, spec.Number}] = line.name
		}
		for i, device := range spec.Devices {
			path := fmt.Sprintf("spec.devices[%d].sip", i)
			if device.SIP == nil {
				continue
			}
			r.resolvePassword(line.object, path+".passwordSecretRef", device.SIP.PasswordSecretRef)
			user := lineKey{spec.Target, device.SIP.Username}
			if other, taken := usernames[user]; taken && other != line.name && line.sound("spec.target", "spec.number", path+".username") {
				r.unresolved(v1alpha1.ReasonConflict, line.object, path+".username", fmt.Sprintf("%s is a device of line %s already; user names are unique in a target", device.SIP.Username, other))
			}
			usernames[user] = line.name
		}
	}
	return known
}

func (r *reader) resolveUsers(known numbers) {
	users := make(map[string]string, len(r.users))
	for _, user := range r.users {
		spec := user.value.Spec
		if other, taken := users[spec.User]; taken && user.sound("spec.user") {
			r.unresolved(v1alpha1.ReasonConflict, user.object, "spec.user", fmt.Sprintf("%s is the user of CTIUser %s already", spec.User, other))
		}
		users[spec.User] = user.name
		r.resolvePassword(user.object, "spec.passwordSecretRef", spec.PasswordSecretRef)
		for i, grant := range spec.LineSelectors {
			r.resolveTarget(user.object, fmt.Sprintf("spec.lineSelectors[%d].target", i), grant.Target)
		}
		for i, grant := range spec.Lines {
			path := fmt.Sprintf("spec.lines[%d]", i)
			r.resolveTarget(user.object, path+".target", grant.Target)
			_, exists := known.lines[lineKey{grant.Target, grant.Number}]
			_, targetSeen := r.seen[object{kind: v1alpha1.KindCMETarget, name: grant.Target}.String()]
			if !exists && targetSeen && !known.unsure && user.sound(path+".number") {
				r.unresolved(v1alpha1.ReasonLineNotFound, user.object, path+".number", fmt.Sprintf("line %s does not exist in target %s; add a Line or correct the number", grant.Number, grant.Target))
			}
		}
	}
}

func (r *reader) resolvePassword(o object, path string, reference v1alpha1.SecretKeyReference) {
	if r.missing(kindSecret, reference.Name) {
		r.unresolved(v1alpha1.ReasonSecretNotFound, o, path+".name", fmt.Sprintf("secret %s does not exist; add a Secret or correct the name", reference.Name))
		return
	}
	found, ok := r.secrets[reference.Name]
	if !ok || len(found.misfits) > 0 {
		return
	}
	value, ok := found.value.lookup(reference.Key)
	switch {
	case !ok:
		r.unresolved(v1alpha1.ReasonSecretKeyMissing, o, path+".key", fmt.Sprintf("secret %s has no key %s; add it or correct the key", reference.Name, reference.Key))
	case value == "" || strings.ContainsAny(value, "\r\n\x00"):
		r.unresolved(v1alpha1.ReasonSecretKeyMissing, o, path+".key", fmt.Sprintf("key %s of secret %s is empty or has a line end; write the password alone", reference.Key, reference.Name))
	}
}
