// SPDX-License-Identifier: Apache-2.0

package office

import (
	"fmt"
	"strings"
)

// target is the CMETarget that the office's lines belong to.
const target = "busy"

// user of every session.
const user = "dispatcher"

const userPassword = "dispatcher-of-the-busy-office"

// number of the i-th line.
func number(i int) string { return fmt.Sprintf("2%03d", i) }

func phonePassword(number string) string { return "phone-of-" + number }

// Manifests are the target, lines and user of an office with that many calls,
// reached under the domain.
func Manifests(domain string, calls int) string {
	var text strings.Builder
	fmt.Fprintf(&text, `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: %[1]s}
spec:
  sip: {domains: [%[2]q]}
  driver:
    type: sipLine
    sipLine: {minRegistrationExpiry: 30s}
`, target, domain)
	var grants, secrets strings.Builder
	for i := range 2 * calls {
		line := number(i)
		fmt.Fprintf(&text, `---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: %[1]s-%[2]s}
spec:
  target: %[1]s
  number: %[2]q
  devices: [{name: desk, sip: {passwordSecretRef: {name: %[1]s-phones, key: %[2]q}}}]
`, target, line)
		fmt.Fprintf(&grants, "    - {target: %s, number: %q, rights: [monitor, control]}\n", target, line)
		fmt.Fprintf(&secrets, "  %q: %s\n", line, phonePassword(line))
	}
	fmt.Fprintf(&text, `---
apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: %[1]s}
spec:
  user: %[1]s
  passwordSecretRef: {name: %[2]s-user}
  limits: {sessions: 10000}
  lines:
%[3]s---
apiVersion: v1
kind: Secret
metadata: {name: %[2]s-user}
stringData: {password: %[4]s}
---
apiVersion: v1
kind: Secret
metadata: {name: %[2]s-phones}
stringData:
%[5]s`, user, target, grants.String(), userPassword, secrets.String())
	return text.String()
}
