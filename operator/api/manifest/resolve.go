// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"slices"

	"offhook.dev/operator/api/v1alpha1"
)

// resolve checks what only all files together can tell: references, and names
// that are unique across objects.
func (r *reader) resolve() {
	targets := make(map[string]bool, len(r.targets))
	for _, target := range r.targets {
		targets[target.name] = true
	}
	r.uniqueDomains()
	numbers := r.resolveLines(targets)
	r.resolveUsers(targets, numbers)
}

func (r *reader) uniqueDomains() {
	owners := make(map[string]string)
	for _, target := range r.targets {
		for i, domain := range target.value.Spec.SIP.Domains {
			if owner, taken := owners[domain]; taken && owner != target.name {
				r.fault(target.object, fmt.Sprintf("spec.sip.domains[%d]", i), fmt.Sprintf("%q belongs to target %s already; a domain means one target", domain, owner))
				continue
			}
			owners[domain] = target.name
		}
	}
}

// lineKey is a number inside a target.
type lineKey struct{ target, number string }

func (r *reader) resolveLines(targets map[string]bool) map[lineKey]string {
	numbers := make(map[lineKey]string, len(r.lines))
	usernames := make(map[lineKey]string)
	for _, line := range r.lines {
		spec := line.value.Spec
		if spec.Target != "" && !targets[spec.Target] {
			r.fault(line.object, "spec.target", fmt.Sprintf("target %s does not exist; add a CMETarget or correct the name", spec.Target))
		}
		key := lineKey{spec.Target, spec.Number}
		if other, taken := numbers[key]; taken {
			r.fault(line.object, "spec.number", fmt.Sprintf("%s belongs to line %s of target %s already", spec.Number, other, spec.Target))
		}
		numbers[key] = line.name
		for i, device := range spec.Devices {
			if device.SIP == nil {
				continue
			}
			path := fmt.Sprintf("spec.devices[%d].sip.", i)
			r.resolveSecret(line.object, path+"passwordSecretRef", device.SIP.PasswordSecretRef)
			user := lineKey{spec.Target, device.SIP.Username}
			if other, taken := usernames[user]; taken && other != line.name {
				r.fault(line.object, path+"username", fmt.Sprintf("%s is a device of line %s already; user names are unique in a target", device.SIP.Username, other))
			}
			usernames[user] = line.name
		}
	}
	return numbers
}

func (r *reader) resolveUsers(targets map[string]bool, numbers map[lineKey]string) {
	users := make(map[string]string, len(r.users))
	for _, user := range r.users {
		spec := user.value.Spec
		if other, taken := users[spec.User]; taken {
			r.fault(user.object, "spec.user", fmt.Sprintf("%s is the user of CTIUser %s already", spec.User, other))
		}
		users[spec.User] = user.name
		r.resolveSecret(user.object, "spec.passwordSecretRef", spec.PasswordSecretRef)
		for i, grant := range spec.Lines {
			path := fmt.Sprintf("spec.lines[%d].", i)
			if grant.Target != "" && !targets[grant.Target] {
				r.fault(user.object, path+"target", fmt.Sprintf("target %s does not exist; add a CMETarget or correct the name", grant.Target))
				continue
			}
			if _, exists := numbers[lineKey{grant.Target, grant.Number}]; !exists && grant.Number != "" {
				r.fault(user.object, path+"number", fmt.Sprintf("line %s does not exist in target %s; add a Line or correct the number", grant.Number, grant.Target))
			}
		}
	}
}

func (r *reader) resolveSecret(o object, path string, reference v1alpha1.SecretKeyReference) {
	if reference.Name == "" {
		return // reported by validation
	}
	found, ok := r.secrets[reference.Name]
	if !ok {
		r.fault(o, path+".name", fmt.Sprintf("secret %s does not exist; add a Secret or correct the name", reference.Name))
		return
	}
	value, ok := found.value.values[reference.Key]
	switch {
	case !ok:
		r.fault(o, path+".key", fmt.Sprintf("secret %s has no key %s", reference.Name, reference.Key))
	case value == "" || slices.ContainsFunc([]byte(value), func(b byte) bool { return b == '\r' || b == '\n' }):
		r.fault(o, path+".key", fmt.Sprintf("key %s of secret %s is empty or has a line end", reference.Key, reference.Name))
	}
}
