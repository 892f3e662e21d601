// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offhook.dev/operator/internal/config"
)

func none(string) string { return "" }

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoadReadsOverDefaults(t *testing.T) {
	name := write(t, "apiVersion: offhook.dev/v1alpha1\nkind: OperatorConfig\ninstallation: site\nstatus: {interval: 1s}\n")
	read, err := config.Load(name, func(name string) string { return map[string]string{"POD_NAMESPACE": "cti"}[name] })
	if err != nil {
		t.Fatal(err)
	}
	if read.Installation != "site" || read.Namespace != "cti" || read.NATS.Replicas != 1 || !read.Certificates.Issue {
		t.Errorf("read %+v", read)
	}
}

func TestLoadNamesEachFault(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown":      {"nats: {uri: x}", `unknown field`},
		"kind":         {"kind: Other", "kind:"},
		"installation": {"installation: Not_A_Name", "installation:"},
		"long":         {"installation: " + strings.Repeat("a", 41), "installation:"},
		"namespace":    {"namespace: a.b", "namespace:"},
		"url":          {"nats: {url: ''}", "nats.url:"},
		"replicas":     {"nats: {replicas: 9}", "nats.replicas:"},
		"half of TLS":  {"nats: {tls: {cert: a}}", "nats.tls: cert and key"},
		"internal TLS": {"nats: {internal: true, tls: {ca: a}}", "nats.tls: goes with internal: false"},
		"validity":     {"certificates: {validity: 1m}", "certificates.validity:"},
		"authority":    {"certificates: {authorityValidity: 2160h}", "certificates.authorityValidity:"},
		"check":        {"certificates: {checkInterval: 0s}", "certificates.checkInterval:"},
		"interval":     {"status: {interval: 0s}", "status.interval:"},
		"drain":        {"drain: {timeout: -1s}", "drain.timeout:"},
		"lease":        {"leaderElection: {leaseDuration: 10s}", "leaderElection:"},
		"admin":        {"admin: {listen: nowhere}", "admin.listen:"},
		"log":          {"log: {level: loud}", "log.level:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(write(t, test.text), none)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestPrintMasksPasswords(t *testing.T) {
	read := config.NewDefaultConfig()
	read.NATS.URL = "nats://u:hunter2@a:4222,nats://b:4222"
	text, err := read.Print()
	if err != nil || strings.Contains(text, "hunter2") || !strings.Contains(text, "nats://b:4222") {
		t.Errorf("printed %s, %v", text, err)
	}
	if !strings.Contains(read.NATS.URL, "hunter2") {
		t.Error("printing changed the configuration")
	}
}
