// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"offhook.dev/operator/api/v1alpha1"
)

// expand replaces the selectors of users by the lines that they match. A line
// with another fault counts, as it does where it is named: what runs of it stays.
func (r *reader) expand() {
	var lines []*v1alpha1.Line
	for _, line := range r.lines {
		if line.sound("spec.target", "spec.number") {
			lines = append(lines, line.value)
		}
	}
	slices.SortFunc(lines, func(a, b *v1alpha1.Line) int { return strings.Compare(a.Name, b.Name) })
	for _, user := range r.users {
		expandSelectors(user.value, lines)
	}
}

// expandSelectors adds the lines that a user's selectors match to those that it
// names, in the order of the lines. Rights on a line add up. The selectors are
// taken out: the set knows lines only.
func expandSelectors(user *v1alpha1.CTIUser, lines []*v1alpha1.Line) {
	if len(user.Spec.LineSelectors) == 0 {
		return
	}
	grants := make([]v1alpha1.LineGrant, len(user.Spec.Lines))
	at := make(map[lineKey]int, len(grants))
	for i, grant := range user.Spec.Lines {
		grant.Rights = slices.Clone(grant.Rights)
		grants[i], at[lineKey{grant.Target, grant.Number}] = grant, i
	}
	for _, by := range user.Spec.LineSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&by.Selector)
		if err != nil {
			continue // Validate has told
		}
		for _, line := range lines {
			if line.Spec.Target != by.Target || !selector.Matches(labels.Set(line.Labels)) {
				continue
			}
			key := lineKey{line.Spec.Target, line.Spec.Number}
			i, known := at[key]
			if !known {
				i = len(grants)
				at[key] = i
				grants = append(grants, v1alpha1.LineGrant{Target: key.target, Number: key.text})
			}
			for _, right := range by.Rights {
				if !slices.Contains(grants[i].Rights, right) {
					grants[i].Rights = append(grants[i].Rights, right)
				}
			}
		}
	}
	user.Spec.Lines, user.Spec.LineSelectors = grants, nil
}
