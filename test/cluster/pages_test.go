// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"context"
)

// pages are the pages of docs/operations whose commands the test runs.
var pages = []string{"install.md", "upgrade.md", "scale.md", "backup.md", "troubleshooting.md"}

// manual is docs/operations as a reader follows it, in one folder with the chart
// and the samples beside it.
type manual struct {
	folder string
	// sections are the shell commands by "page#Heading", read those that were run.
	sections map[string]string
	read     map[string]bool
}

// openManual reads the pages, and puts what the commands name into a folder.
func openManual(t *testing.T) *manual {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	m := &manual{folder: t.TempDir(), sections: make(map[string]string), read: make(map[string]bool)}
	for _, name := range []string{"charts", "deploy"} {
		if err := os.Symlink(filepath.Join(root, name), filepath.Join(m.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(root, "docs", "operations", page))
		if err != nil {
			t.Fatal(err)
		}
		for heading, commands := range shellBlocks(string(text)) {
			m.sections[page+"#"+heading] = commands
		}
	}
	return m
}

// shellBlocks gives the contents of ```sh blocks by the heading above them.
func shellBlocks(markdown string) map[string]string {
	blocks := make(map[string]string)
	heading, inside, shell := "", false, false
	for line := range strings.Lines(markdown) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = !inside
			shell = inside && strings.TrimSpace(line) == "```sh"
		case shell:
			blocks[heading] += line
		case !inside && strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return blocks
}

// follow runs the commands below a heading, all of which must succeed, and gives
// what they printed.
func (m *manual) follow(t *testing.T, section string) string {
	t.Helper()
	commands, ok := m.sections[section]
	if !ok {
		t.Fatalf("no commands in %s", section)
	}
	m.read[section] = true
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-euxo", "pipefail", "-c", commands) // #nosec G204 -- the project's own pages
	shell.Dir = m.folder
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", section, err, output)
	}
	return string(output)
}

// write puts a file of the reader's own beside the chart.
func (m *manual) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unread are the sections whose commands nobody ran.
func (m *manual) unread() []string {
	var sections []string
	for section := range m.sections {
		if !m.read[section] {
			sections = append(sections, section)
		}
	}
	return sections
}

func TestShellBlocks(t *testing.T) {
	got := shellBlocks("# Page\n## One\n```sh\nls\n```\ntext\n```sh\npwd\n```\n## Two\n```yaml\n# no heading\n```\n### Three\n```sh\nid\n```\n")
	if want := fmt.Sprint(map[string]string{"One": "ls\npwd\n", "Three": "id\n"}); fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
