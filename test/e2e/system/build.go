// SPDX-License-Identifier: Apache-2.0

package system

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// binaries names the main packages, by the module's folder and the package in it.
var binaries = []struct{ name, module string }{
	{"offhook", "offhook"},
	{"sip-edge", "services"}, {"csta-session", "services"}, {"monitor", "services"}, {"phone-control", "services"},
	{"offhookctl", "services"},
}

// Binaries are Offhook's programs, built from this source tree.
type Binaries struct{ folder string }

// Build builds the programs; Remove removes them.
func Build() (*Binaries, error) {
	root, err := repositoryRoot()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "offhook-e2e-")
	if err != nil {
		return nil, fmt.Errorf("make folder for binaries: %w", err)
	}
	for _, binary := range binaries {
		source := "./" + binary.name
		if binary.module == "offhook" {
			source = "."
		}
		build := exec.Command("go", "build", "-o", filepath.Join(folder, binary.name), source)
		build.Dir = filepath.Join(root, binary.module)
		if output, err := build.CombinedOutput(); err != nil {
			_ = os.RemoveAll(folder)
			return nil, fmt.Errorf("build %s: %w\n%s", binary.name, err, output)
		}
	}
	return &Binaries{folder: folder}, nil
}

// Path of one program.
func (b *Binaries) Path(name string) string { return filepath.Join(b.folder, name) }

// Remove removes the programs.
func (b *Binaries) Remove() { _ = os.RemoveAll(b.folder) }

func repositoryRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "offhook", "go.mod")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("find the repository: no folder above has offhook/go.mod")
		}
		folder = filepath.Dir(folder)
	}
}
