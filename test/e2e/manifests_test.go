// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
)

// manifests of the system under test: 1001 and 1002 have phones over UDP, 1005
// one over TCP that takes one call; 1003 has no phone, 1004 does not want to be
// disturbed.
func manifests() map[string]string {
	return map[string]string{
		"target.yaml": `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: lab}
spec:
  sip: {domains: [offhook.test, ${DOMAIN}], realm: offhook.test}
  driver:
    type: sipLine
    sipLine: {minRegistrationExpiry: 30s, noAnswerTimeout: 4s, promptTimeout: 4s}
`,
		"lines.yaml": strings.Join([]string{
			line("1001", ""), line("1002", ""), line("1003", ""), line("1004", "doNotDisturb: true"), line("1005", "callLimit: 1"),
		}, "---\n"),
		"users.yaml": strings.Join([]string{
			user("alice", "1001 1002 1003 1004 1005", "monitor, control"),
			user("bob", "1001 1002", "monitor"),
			user("carol", "1003", "monitor, control"),
		}, "---\n"),
	}
}

// line is a Line, with its phone's password.
func line(number, setting string) string {
	return fmt.Sprintf(`apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-%[1]s}
spec:
  target: lab
  number: "%[1]s"
  %[2]s
  devices: [{name: desk, sip: {passwordSecretRef: {name: phone-%[1]s}}}]
---
apiVersion: v1
kind: Secret
metadata: {name: phone-%[1]s}
stringData: {password: pw%[1]s}
`, number, setting)
}

// user is a CTIUser with the same rights on some lines, and its password.
func user(name, numbers, rights string) string {
	var grants strings.Builder
	for number := range strings.FieldsSeq(numbers) {
		fmt.Fprintf(&grants, "    - {target: lab, number: %q, rights: [%s]}\n", number, rights)
	}
	return fmt.Sprintf(`apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: %[1]s}
spec:
  passwordSecretRef: {name: user-%[1]s}
  lines:
%[2]s---
apiVersion: v1
kind: Secret
metadata: {name: user-%[1]s}
stringData: {password: secret-%[1]s}
`, name, grants.String())
}
