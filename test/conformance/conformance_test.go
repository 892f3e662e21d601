// SPDX-License-Identifier: Apache-2.0

package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"offhook.dev/offhook/allinone"
	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/skinnyphone"
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
	process := allinonetest.Start(t, options(t, manifests))
	check(t, process)
}

// TestOffhookWithSkinnyPhones has a Skinny phone at each line, and nobody at the
// phones.
func TestOffhookWithSkinnyPhones(t *testing.T) {
	changed := strings.Replace(manifests, "driver: {type: simulated, simulated: {autoAnswer: false}}", "driver: {type: skinny}", 1)
	for _, line := range lines() {
		number := `number: "` + line + `"}` + "\n---"
		if !strings.Contains(changed, number) {
			t.Fatalf("there is no line %s", line)
		}
		changed = strings.Replace(changed, number, `number: "`+line+`", devices: [{name: desk, skinny: {mac: `+device(line)+"}}]}\n---", 1)
	}
	options := options(t, changed)
	options.Skinny = "127.0.0.1:0"
	process := allinonetest.Start(t, options)
	for _, line := range lines() {
		phone, err := skinnyphone.Dial(t.Context(), skinnyphone.Options{
			Server: process.SkinnyAddress().String(), DeviceName: device(line), Media: skinnyphone.MediaSilent,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(phone.Close)
	}
	check(t, process)
}

func lines() []string { return []string{"1001", "1002", "1003", "1004"} }

func device(line string) string { return "SEP00000000" + line }

func options(t *testing.T, manifests string) allinone.Options {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "check.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.RequestsPerSecond = -1
	return options
}

func check(t *testing.T, process *allinonetest.Process) {
	t.Helper()
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			conformance.Run(t, conformance.Server{
				Address: process.Server(transport), Transport: transport, Domain: "check.test",
				User: "checker", Password: "checker-password", Lines: lines(),
			})
		})
	}
}
