// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// sample is an image of a program, as one machine would make it.
func sample(t *testing.T, program, tool string) contents {
	t.Helper()
	folder := t.TempDir()
	c := contents{
		program: filepath.Join(folder, "sip-edge"), sbom: filepath.Join(folder, "any-name.json"), reference: "offhook/sip-edge:v1",
		output: filepath.Join(folder, "out.tar"), architecture: "arm64", version: "v1", revision: "abc", created: time.Unix(1_700_000_000, 0).UTC(),
	}
	for path, text := range map[string]string{c.program: program, c.sbom: `{"metadata":{"tools":["` + tool + `"]},"components":["a"]}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(c, false); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSameProgramGivesSameBytes(t *testing.T) {
	read := func(c contents) string {
		text, err := os.ReadFile(c.output)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := read(sample(t, "program", "built here"))
	if read(sample(t, "program", "built there")) != first {
		t.Error("the same program gives other bytes")
	}
	if read(sample(t, "other program", "built here")) == first {
		t.Error("another program gives the same bytes")
	}
}

func TestImageHoldsTheProgramAndItsParts(t *testing.T) {
	c := sample(t, "program", "x")
	image, err := tarball.ImageFromPath(c.output, nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(file.Config.Entrypoint, []string{"/sip-edge"}) || file.Config.User != nobody || file.Architecture != "arm64" {
		t.Errorf("configuration: %+v", file.Config)
	}
	archive := tar.NewReader(mutate.Extract(image))
	modes := make(map[string]int64)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", header.Name, header.Uid, header.Gid)
		}
		if header.Typeflag == tar.TypeReg {
			modes[header.Name] = header.Mode
		}
	}
	if len(modes) != 2 || modes["sip-edge"] != 0o555 || modes["usr/share/sbom/sip-edge.cdx.json"] != 0o444 {
		t.Errorf("files: %v", modes)
	}
}

func TestFaultsAreTold(t *testing.T) {
	c := sample(t, "program", "x")
	for name, change := range map[string]func(*contents){
		"reference":  func(c *contents) { c.reference = "Not A Name" },
		"no program": func(c *contents) { c.program += "-gone" },
		"no parts":   func(c *contents) { c.sbom += "-gone" },
		"no folder":  func(c *contents) { c.output = filepath.Join(c.output, "below", "a file") },
	} {
		faulty := c
		change(&faulty)
		if run(faulty, false) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
