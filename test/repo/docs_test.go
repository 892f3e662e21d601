// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var linkPattern = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	seen := 0
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range linkPattern.FindAllStringSubmatch(string(text), -1) {
			target := match[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			seen++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
			}
		}
	})
	if seen == 0 {
		t.Error("no link found in any document: the pattern is wrong")
	}
}

// TestMakeTargetsInDocumentsExist keeps README and docs in step with the
// Makefile.
func TestMakeTargetsInDocumentsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9-]+)")
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range call.FindAllStringSubmatch(string(text), -1) {
			// A pattern stands for all that begin alike: image-%.
			begin, _, _ := strings.Cut(match[1], "-")
			if targets := "\n" + string(makefile); !strings.Contains(targets, "\n"+match[1]+":") && !strings.Contains(targets, "\n"+begin+"-%:") {
				t.Errorf("%s names make %s, which the Makefile does not have", path, match[1])
			}
		}
	})
}
