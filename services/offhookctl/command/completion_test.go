// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os/exec"
	"strings"
	"testing"
)

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		got := run(t.Context(), t, "", "completion", shell)
		if got.code != ExitOK {
			t.Fatalf("%s: exit code %d: %s", shell, got.code, got.err)
		}
		for _, word := range []string{"monitor", "clear-session", "password-file"} {
			if !strings.Contains(got.out, word) {
				t.Errorf("%s: no %s", shell, word)
			}
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		check := exec.Command(path, "-n")
		check.Stdin = strings.NewReader(got.out)
		if output, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, output)
		}
	}
	if got := run(t.Context(), t, "", "completion", "cmd"); got.code != ExitUsage {
		t.Errorf("exit code %d for a shell that is not known", got.code)
	}
}

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	script := run(t.Context(), t, "", "completion", "bash").out
	for words, want := range map[string]string{
		"offhookctl mon":                      "monitor",
		"offhookctl --server host:1 mon":      "monitor",
		"offhookctl -u alice mon":             "monitor",
		"offhookctl --server=host:1 mon":      "monitor",
		"offhookctl call --wa":                "--wait",
		"offhookctl --server host call --pro": "--prompt",
		"offhookctl --password-file mon":      "",
		"offhookctl monitor --wa":             "",
	} {
		fields := strings.Fields(words)
		program := script + "COMP_WORDS=(" + strings.Join(fields, " ") + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _offhookctl; echo \"${COMPREPLY[*]}\""
		output, err := exec.Command(bash, "-c", program).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if got := strings.TrimSpace(string(output)); got != want {
			t.Errorf("%s: completed by %q, want %q", words, got, want)
		}
	}
}
