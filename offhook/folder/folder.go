// SPDX-License-Identifier: Apache-2.0

// Package folder keeps the data plane's configuration as a folder of manifests
// says: it reads and renders the folder, publishes the result, and does so
// again whenever a file changes. A folder with a fault changes nothing; its
// faults are logged once. It never reads from a cluster.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// settle is how long a folder must be left alone before it is read again:
// editors and kubelet write in several steps. After longestWait it is read even
// where changes go on. A folder that is gone is looked for each second.
const (
	settle      = 200 * time.Millisecond
	longestWait = 2 * time.Second
	searchEvery = time.Second
)

// maxFiles bounds a folder.
const maxFiles = 1000

// Publisher takes the rendered configuration of all targets.
type Publisher interface {
	Publish(ctx context.Context, configs ...*configv1.TargetConfig) error
}

// Folder is a folder of manifests.
type Folder struct {
	path      string
	key       [seal.KeySize]byte
	publisher Publisher
	logger    *slog.Logger
	// published are the versions of the targets published last, nil after a
	// refusal.
	published map[string]string
}

// New gives the folder at a path, whose credentials are sealed with the key.
func New(path string, key [seal.KeySize]byte, publisher Publisher, logger *slog.Logger) *Folder {
	return &Folder{path: path, key: key, publisher: publisher, logger: logger}
}

// Load reads and renders a folder. The error is manifest.Faults where the
// manifests are wrong.
func Load(path string, key [seal.KeySize]byte) ([]*configv1.TargetConfig, error) {
	files, err := read(path)
	if err != nil {
		return nil, err
	}
	set, err := manifest.Read(files)
	if err != nil {
		return nil, err
	}
	return render.Render(set, key)
}

// Apply reads the folder once and publishes it. It must not be called while Run
// runs.
func (f *Folder) Apply(ctx context.Context) error {
	configs, err := Load(f.path, f.key)
	if err == nil {
		err = f.publisher.Publish(ctx, configs...)
	}
	if err != nil {
		f.published = nil // so that the next success is told
		return fmt.Errorf("apply %s: %w", f.path, err)
	}
	before := f.published
	f.published = make(map[string]string, len(configs))
	for _, config := range configs {
		f.published[config.Target] = config.Version
		if before[config.Target] != config.Version {
			f.logger.Info("configuration published", "target", config.Target, "config_version", config.Version,
				"lines", len(config.Lines), "users", len(config.Users))
		}
		delete(before, config.Target)
	}
	for target := range before {
		f.logger.Info("target withdrawn", "target", target)
	}
	return nil
}

// Run applies the folder now and whenever it changes, until the context ends.
// Where the folder itself vanishes, what it said last stays, and Run waits for
// it to come back.
func (f *Folder) Run(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch manifests: %w", err)
	}
	defer func() { _ = watcher.Close() }()
	if err := watcher.Add(f.path); err != nil {
		return fmt.Errorf("watch %s: %w", f.path, err)
	}
	// What changed between Apply and now is seen here.
	due := time.NewTimer(settle)
	defer due.Stop()
	var since time.Time // of the first change that was not applied yet
	gone := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-watcher.Events:
			if !open {
				return errors.New("watch manifests: the watcher ended")
			}
			if filepath.Clean(event.Name) == filepath.Clean(f.path) && event.Has(fsnotify.Remove|fsnotify.Rename) {
				gone = true
				f.logger.Error("the folder of manifests is gone; the configuration before it stays", "folder", f.path)
				_ = watcher.Remove(f.path) // a renamed folder is another one
				due.Reset(searchEvery)
				continue
			}
			if event.Has(fsnotify.Chmod) || gone {
				continue
			}
			if since.IsZero() {
				since = time.Now()
			}
			due.Reset(min(settle, max(0, longestWait-time.Since(since))))
		case err, open := <-watcher.Errors:
			if !open {
				return errors.New("watch manifests: the watcher ended")
			}
			f.logger.Warn("watching manifests", "error", err) // events may be lost
			due.Reset(settle)
		case <-due.C:
			since = time.Time{}
			if gone && watcher.Add(f.path) != nil {
				due.Reset(searchEvery)
				continue
			}
			gone = false
			f.reload(ctx)
		}
	}
}

func (f *Folder) reload(ctx context.Context) {
	err := f.Apply(ctx)
	var faults manifest.Faults
	switch {
	case errors.As(err, &faults):
		for _, fault := range faults {
			f.logger.Error("manifest refused; the configuration before it stays", "file", fault.File, "object", fault.Object, "field", fault.Field, "reason", fault.Reason)
		}
	case err != nil && ctx.Err() == nil:
		f.logger.Error("manifests not applied; the configuration before them stays", "error", err)
	}
}

func read(path string) (map[string][]byte, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("read manifests: %w", err)
	}
	files := make(map[string][]byte)
	for _, entry := range entries {
		if entry.IsDir() || !isManifest(entry.Name()) {
			continue
		}
		if len(files) == maxFiles {
			return nil, fmt.Errorf("read manifests: %s has more than %d files", path, maxFiles)
		}
		content, err := readBounded(filepath.Join(path, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = content
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("read manifests: no .yaml or .yml file in %s", path)
	}
	return files, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read manifest: %s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, manifest.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if len(content) > manifest.MaxFileBytes {
		return nil, fmt.Errorf("read manifest: %s has more than %d bytes", path, manifest.MaxFileBytes)
	}
	return content, nil
}

func isManifest(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}
