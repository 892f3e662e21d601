// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"bytes"
	"fmt"
	"testing"

	"offhook.dev/operator/api/manifest"
)

// office is a folder with one target, many lines whose passwords are keys of
// one Secret, and a user for every ten lines.
func office(lines int) map[string][]byte {
	var text, passwords bytes.Buffer
	text.WriteString(good()["target.yaml"])
	passwords.WriteString("apiVersion: v1\nkind: Secret\nmetadata: {name: phones}\nstringData:\n")
	for i := range lines {
		number := 10000 + i
		fmt.Fprintf(&passwords, "  k%d: secret-%d\n", number, number)
		fmt.Fprintf(&text, "---\napiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: line-%d}\nspec:\n  target: office\n  number: \"%d\"\n  devices: [{name: phone, sip: {passwordSecretRef: {name: phones, key: k%d}}}]\n", number, number, number)
		if i%10 == 0 {
			fmt.Fprintf(&text, "---\napiVersion: cti.offhook.dev/v1alpha1\nkind: CTIUser\nmetadata: {name: user-%d}\nspec:\n  passwordSecretRef: {name: phones, key: k%d}\n  lines: [{target: office, number: \"%d\", rights: [monitor, control]}]\n", number, number, number)
		}
	}
	return map[string][]byte{"office.yaml": text.Bytes(), "secrets.yaml": passwords.Bytes()}
}

// BenchmarkRead reads offices whose sizes differ tenfold: the time per line
// stays as it is.
func BenchmarkRead(b *testing.B) {
	for _, lines := range []int{100, 1000, 10000} {
		files := office(lines)
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) {
			for b.Loop() {
				if _, err := manifest.Read(files); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*lines), "µs/line")
		})
	}
}
