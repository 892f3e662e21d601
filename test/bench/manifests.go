// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	domain   = "bench.test"
	user     = "bench"
	password = "bench-password" // of a server that lives for minutes on a loopback address
)

// caller and callee are the numbers of a pair of lines.
func caller(pair int) string { return fmt.Sprintf("1%04d", pair) }
func callee(pair int) string { return fmt.Sprintf("2%04d", pair) }

// writeManifests makes a target with simulated phones, pairs of lines and one
// user with rights on all, with limits that this benchmark doesn't reach.
func writeManifests(folder string, pairs int) error {
	var lines, grants strings.Builder
	for pair := range pairs {
		for _, number := range []string{caller(pair), callee(pair)} {
			fmt.Fprintf(&lines, `---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-%[1]s}
spec: {target: bench, number: "%[1]s"}
`, number)
			fmt.Fprintf(&grants, "    - {target: bench, number: %q, rights: [monitor, control]}\n", number)
		}
	}
	for name, text := range map[string]string{
		"target.yaml": `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: bench}
spec:
  sip: {domains: [` + domain + `], realm: ` + domain + `}
  driver: {type: simulated, simulated: {autoAnswer: true}}
  limits: {sessions: 100000, monitorsPerLine: 100000, calls: 100000}
`,
		"lines.yaml": lines.String(),
		"user.yaml": `apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: ` + user + `}
spec:
  passwordSecretRef: {name: user-bench}
  limits: {sessions: 10000}
  lines:
` + grants.String() + `---
apiVersion: v1
kind: Secret
metadata: {name: user-bench}
stringData: {password: ` + password + `}
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write manifests: %w", err)
		}
	}
	return nil
}
