// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"offhook.dev/offhook/allinone/allinonetest"
)

// probeOf runs `offhook probe` and gives what it printed.
func probeOf(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var commands CLI
	parser, err := kong.New(&commands, kong.Name("offhook"), kong.Vars{"version": "test"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(append([]string{"probe"}, arguments...))
	if err != nil {
		return "", err //nolint:wrapcheck // it is what is tested
	}
	var out bytes.Buffer
	err = parsed.Run(&Environment{Context: t.Context(), Out: &out, Err: &out})
	return out.String(), err //nolint:wrapcheck // it is what is tested
}

// secrets writes a file for each password, and gives the folder.
func secrets(t *testing.T, passwords ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, password := range passwords {
		if err := os.WriteFile(filepath.Join(folder, password), []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestProbe(t *testing.T) {
	server := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t))).Server("tcp")
	folder := secrets(t, "pw1001", "pw1002", "alice-secret", "wrong")
	given := func(password string) []string {
		return []string{
			"--server=tcp:" + server, "--phone-transport=tcp", "--domain=offhook.test", "--no-media",
			"--phone=1001:1001:" + filepath.Join(folder, "pw1001"), "--phone=1002:1002:" + filepath.Join(folder, "pw1002"),
			"--user=alice", "--password-file=" + filepath.Join(folder, password),
		}
	}
	out, err := probeOf(t, given("alice-secret")...)
	if err != nil || !strings.Contains(out, "ok  every event came once and in order") || strings.Contains(out, "hear each other") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = probeOf(t, append(given("wrong"), "--timeout=1s")...)
	if err == nil || !strings.Contains(out, "failed: the application opens a CSTA session: ") || !strings.Contains(out, "next: check the user") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestProbeArguments(t *testing.T) {
	folder := secrets(t, "pw")
	file := filepath.Join(folder, "pw")
	phone := "--phone=1001:1001:" + file
	for _, test := range []struct {
		want      string
		arguments []string
	}{
		{`--server: write "host:5060" as tcp:HOST:PORT`, []string{"--server=host:5060", phone, phone}},
		{"--phone: give two phones", []string{"--server=udp:host:5060", phone}},
		{"as NUMBER:USER:PASSWORDFILE", []string{"--server=udp:host:5060", phone, "--phone=1002"}},
		{"read password", []string{"--server=udp:host:5060", phone, "--phone=1002:1002:" + file + "-none"}},
	} {
		_, err := probeOf(t, append(test.arguments, "--domain=d", "--user=u", "--password-file="+file)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q is not in %v", test.want, err)
		}
	}
}
