// SPDX-License-Identifier: Apache-2.0

package conformance_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/test/conformance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manifests are four lines with simulated phones that ring until AnswerCall.
const manifests = `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: check}
spec:
  sip: {domains: [check.test], realm: check.test}
  driver: {type: simulated, simulated: {autoAnswer: false}}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-1}
spec: {target: check, number: "1001"}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-2}
spec: {target: check, number: "1002"}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-3}
spec: {target: check, number: "1003"}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-4}
spec: {target: check, number: "1004"}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: checker}
spec:
  passwordSecretRef: {name: user-checker}
  limits: {sessions: 100}
  lines:
    - {target: check, number: "1001", rights: [monitor, control]}
    - {target: check, number: "1002", rights: [monitor, control]}
    - {target: check, number: "1003", rights: [monitor, control]}
    - {target: check, number: "1004", rights: [monitor, control]}
---
apiVersion: v1
kind: Secret
metadata: {name: user-checker}
stringData: {password: checker-password}
`

func TestOffhook(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "check.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.RequestsPerSecond = -1
	process := allinonetest.Start(t, options)
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			conformance.Run(t, conformance.Server{
				Address: process.Server(transport), Transport: transport, Domain: "check.test",
				User: "checker", Password: "checker-password", Lines: []string{"1001", "1002", "1003", "1004"},
			})
		})
	}
}
