// SPDX-License-Identifier: Apache-2.0

// Command image packs one static program into a container image, from scratch
// and without a container engine: the program, its list of parts (SBOM) and
// nothing else, run by nobody. The same program gives the same bytes. It writes an
// archive that `docker load` and `ctr images import` take, and can push it to a
// registry.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nobody is who the program runs as: user and group 65532, which the chart
// names too.
const nobody = "65532:65532"

// contents is one image to make.
type contents struct {
	program, sbom, reference, output, architecture, version, revision string
	created                                                           time.Time
}

func main() {
	var c contents
	var created int64
	var push bool
	flag.StringVar(&c.program, "program", "", "static program, whose base name becomes the entry point")
	flag.StringVar(&c.sbom, "sbom", "", "CycloneDX list of its parts; empty: none")
	flag.StringVar(&c.reference, "reference", "", "name of the image, with tag")
	flag.StringVar(&c.output, "output", "", "archive to write; empty: none")
	flag.StringVar(&c.architecture, "architecture", "amd64", "architecture of the program, as Go names it")
	flag.StringVar(&c.version, "version", "", "version, for the label")
	flag.StringVar(&c.revision, "revision", "", "commit, for the label")
	flag.Int64Var(&created, "created", 0, "time of the commit, seconds since 1970")
	flag.BoolVar(&push, "push", false, "push to the registry of the reference, with the credentials of docker's configuration")
	flag.Parse()
	c.created = time.Unix(created, 0).UTC()
	if err := run(c, push); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(c contents, push bool) error {
	reference, err := name.NewTag(c.reference)
	if err != nil {
		return fmt.Errorf("reference %q: %w", c.reference, err)
	}
	image, err := c.image()
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	if c.output != "" {
		if err := tarball.WriteToFile(c.output, reference, image); err != nil {
			return fmt.Errorf("write %s: %w", c.output, err)
		}
	}
	if push {
		if err := remote.Write(reference, image, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
			return fmt.Errorf("push %s: %w", reference, err)
		}
	}
	fmt.Println(c.reference, digest)
	return nil
}

// image puts layer and configuration together.
func (c contents) image() (v1.Image, error) {
	content, err := c.layer()
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	image, err := mutate.Append(empty.Image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: c.created}, CreatedBy: "make images"},
	})
	if err != nil {
		return nil, fmt.Errorf("append layer: %w", err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", c.architecture, v1.Time{Time: c.created}
	file.Config = v1.Config{
		Entrypoint: []string{"/" + filepath.Base(c.program)},
		User:       nobody,
		WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title":    filepath.Base(c.program),
			"org.opencontainers.image.vendor":   "Offhook",
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.version":  c.version,
			"org.opencontainers.image.revision": c.revision,
			"org.opencontainers.image.created":  c.created.Format(time.RFC3339),
		},
	}
	image, err = mutate.ConfigFile(image, file)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return image, nil
}

// layer is the image's only layer, uncompressed.
func (c contents) layer() ([]byte, error) {
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	program, err := os.ReadFile(c.program)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if err := c.add(archive, program, filepath.Base(c.program), 0o555); err != nil {
		return nil, err
	}
	if c.sbom != "" {
		for _, folder := range []string{"usr/", "usr/share/", "usr/share/sbom/"} {
			header := &tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, ModTime: c.created, Format: tar.FormatPAX}
			if err := archive.WriteHeader(header); err != nil {
				return nil, fmt.Errorf("pack %s: %w", folder, err)
			}
		}
		parts, err := partsOf(c.sbom)
		if err != nil {
			return nil, err
		}
		if err := c.add(archive, parts, "usr/share/sbom/"+filepath.Base(c.program)+".cdx.json", 0o444); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return content.Bytes(), nil
}

// partsOf reads a list of parts, and leaves out the tool that made it, whose own
// bytes differ between machines: in the file too.
func partsOf(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	var list map[string]any
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if metadata, ok := list["metadata"].(map[string]any); ok {
		delete(metadata, "tools")
	}
	text, err = json.MarshalIndent(list, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write list of parts: %w", err)
	}
	text = append(text, '\n')
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("write list of parts: %w", err)
	}
	return text, nil
}

// add packs a file, which belongs to root and can't be written.
func (c contents) add(archive *tar.Writer, content []byte, as string, mode int64) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: as, Mode: mode, Size: int64(len(content)), ModTime: c.created, Format: tar.FormatPAX}
	if err := archive.WriteHeader(header); err != nil {
		return fmt.Errorf("pack %s: %w", as, err)
	}
	if _, err := archive.Write(content); err != nil {
		return fmt.Errorf("pack %s: %w", as, err)
	}
	return nil
}
