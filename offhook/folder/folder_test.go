// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/folder"
	"offhook.dev/operator/api/manifest"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

const target = `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: office}
spec:
  sip: {domains: [offhook.test]}
`

func line(number string) string {
	return fmt.Sprintf(`apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-%[1]s}
spec:
  target: office
  number: %[1]q
`, number)
}

// publisher is a folder.Publisher that hands over what it was given.
type publisher struct {
	published chan []string
	fault     error
}

func (p *publisher) Publish(_ context.Context, configs ...*configv1.TargetConfig) error {
	if p.fault != nil {
		return p.fault
	}
	targets := []string{}
	for _, config := range configs {
		text := config.GetTarget()
		for _, line := range config.GetLines() {
			text += " " + line.GetNumber()
		}
		targets = append(targets, text)
	}
	p.published <- targets
	return nil
}

// log is what was logged, by line.
type log struct {
	mutex sync.Mutex
	text  bytes.Buffer
	line  chan string
}

func newLog() *log { return &log{line: make(chan string, 100)} }

func (l *log) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.line <- strings.TrimSpace(string(text))
	return l.text.Write(text)
}

// await waits for a line with all the words.
func (l *log) await(t *testing.T, words ...string) {
	t.Helper()
	limit := time.After(10 * time.Second)
next:
	for {
		select {
		case line := <-l.line:
			for _, word := range words {
				if !strings.Contains(line, word) {
					continue next
				}
			}
			return
		case <-limit:
			t.Fatalf("nothing logged with %q; it is\n%s", words, l)
		}
	}
}

// String is the whole log.
func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func (l *log) count(words string) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Count(l.text.String(), words)
}

type fixture struct {
	t         *testing.T
	path      string
	publisher *publisher
	log       *log
	folder    *folder.Folder
}

func newFixture(t *testing.T, path string) *fixture {
	f := &fixture{t: t, path: path, publisher: &publisher{published: make(chan []string, 10)}, log: newLog()}
	f.folder = folder.New(path, [seal.KeySize]byte{1}, f.publisher, slog.New(slog.NewTextHandler(f.log, nil)))
	return f
}

// run applies the folder and watches it until the test ends.
func (f *fixture) run() {
	f.t.Helper()
	if err := f.folder.Apply(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	<-f.publisher.published
	ctx, cancel := context.WithCancel(f.t.Context())
	done := make(chan error, 1)
	go func() { done <- f.folder.Run(ctx) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Error(err)
		}
	})
	f.awaitPublished("office 1001") // the look at what changed before Run
}

func (f *fixture) awaitPublished(want ...string) {
	f.t.Helper()
	select {
	case got := <-f.publisher.published:
		if diff := cmp.Diff(want, got); diff != "" {
			f.t.Fatalf("published (-want +got):\n%s", diff)
		}
	case <-time.After(10 * time.Second):
		f.t.Fatalf("nothing published; the log is\n%s", f.log)
	}
}

func write(t *testing.T, path, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFolderIsAppliedAgainWhenItChanges(t *testing.T) {
	f := newFixture(t, t.TempDir())
	write(t, f.path, "target.yaml", target)
	write(t, f.path, "line.yaml", line("1001"))
	f.run()

	write(t, f.path, "more.yml", line("1002"))
	f.awaitPublished("office 1001 1002")

	write(t, f.path, "notes.txt", "no manifest")
	f.awaitPublished("office 1001 1002")
	if count := f.log.count("configuration published"); count != 2 {
		t.Errorf("%d publications were told; what does not change isn't one", count)
	}

	if err := os.Remove(filepath.Join(f.path, "more.yml")); err != nil {
		t.Fatal(err)
	}
	f.awaitPublished("office 1001")
}

func TestFaultChangesNothingAndIsToldOnce(t *testing.T) {
	f := newFixture(t, t.TempDir())
	write(t, f.path, "target.yaml", target)
	write(t, f.path, "line.yaml", line("1001"))
	f.run()

	write(t, f.path, "line.yaml", line("no number"))
	f.log.await(t, "level=ERROR", "manifest refused", "file=line.yaml", "no number", "field=spec.number")
	write(t, f.path, "line.yaml", line("1001"))
	f.awaitPublished("office 1001")
	if count := f.log.count("field=spec.number"); count != 1 {
		t.Errorf("the fault was told %d times", count)
	}
	f.log.await(t, "configuration published")
}

func TestVanishedTargetFileIsAFaultOfItsLines(t *testing.T) {
	f := newFixture(t, t.TempDir())
	write(t, f.path, "target.yaml", target)
	write(t, f.path, "line.yaml", line("1001"))
	f.run()
	if err := os.Remove(filepath.Join(f.path, "target.yaml")); err != nil {
		t.Fatal(err)
	}
	f.log.await(t, "manifest refused", "line.yaml", "spec.target")
	if err := os.Remove(filepath.Join(f.path, "line.yaml")); err != nil {
		t.Fatal(err)
	}
	f.log.await(t, "manifests not applied", "no .yaml")
}

// A ConfigMap's folder has links to ..data, which is swapped as a whole.
func TestConfigMapFolder(t *testing.T) {
	path := t.TempDir()
	version := func(name, number string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(path, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(path, name), "all.yaml", target+"---\n"+line(number))
		if err := os.Symlink(name, filepath.Join(path, "..tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(path, "..tmp"), filepath.Join(path, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	version("..2026_1", "1001")
	if err := os.Symlink("..data/all.yaml", filepath.Join(path, "all.yaml")); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, path)
	f.run()
	version("..2026_2", "1002")
	f.awaitPublished("office 1002")
}

func TestFolderThatVanishesAndComesBack(t *testing.T) {
	f := newFixture(t, filepath.Join(t.TempDir(), "manifests"))
	make := func(number string) {
		t.Helper()
		if err := os.Mkdir(f.path, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, f.path, "all.yaml", target+"---\n"+line(number))
	}
	make("1001")
	f.run()
	if err := os.Rename(f.path, f.path+".old"); err != nil {
		t.Fatal(err)
	}
	f.log.await(t, "folder of manifests is gone")
	make("1002")
	f.awaitPublished("office 1002")
	write(t, f.path, "more.yaml", line("1003"))
	f.awaitPublished("office 1002 1003")
}

func TestPublisherFault(t *testing.T) {
	f := newFixture(t, t.TempDir())
	write(t, f.path, "target.yaml", target)
	f.publisher.fault = errors.New("no bus")
	if err := f.folder.Apply(t.Context()); !errors.Is(err, f.publisher.fault) {
		t.Errorf("error is %v", err)
	}
	if f.log.count("published") != 0 {
		t.Error("it was told as published")
	}
}

func TestRunWithoutFolder(t *testing.T) {
	f := newFixture(t, filepath.Join(t.TempDir(), "absent"))
	if err := f.folder.Run(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestLoadBounds(t *testing.T) {
	tests := map[string]struct {
		fill func(t *testing.T, path string)
		want string
	}{
		"empty": {func(*testing.T, string) {}, "no .yaml or .yml file"},
		"too big": {func(t *testing.T, path string) {
			write(t, path, "big.yaml", strings.Repeat("#", manifest.MaxFileBytes+1))
		}, "more than"},
		"a pipe":   {func(t *testing.T, path string) { mustDo(t, syscall.Mkfifo(filepath.Join(path, "pipe.yaml"), 0o600)) }, "not a file"},
		"a folder": {func(t *testing.T, path string) { mustDo(t, os.Symlink(t.TempDir(), filepath.Join(path, "link.yaml"))) }, "not a file"},
		"many files": {func(t *testing.T, path string) {
			for i := range 1001 {
				write(t, path, fmt.Sprintf("%d.yaml", i), "")
			}
		}, "more than 1000 files"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			test.fill(t, path)
			_, err := folder.Load(path, [seal.KeySize]byte{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestLoadSkipsHiddenAndBrokenLinks(t *testing.T) {
	path := t.TempDir()
	write(t, path, "target.yaml", target)
	write(t, path, ".hidden.yaml", "nonsense: [")
	mustDo(t, os.Symlink("absent.yaml", filepath.Join(path, "broken.yaml")))
	configs, err := folder.Load(path, [seal.KeySize]byte{})
	if err != nil {
		t.Fatal(err)
	}
	if len(configs) != 1 || configs[0].GetTarget() != "office" {
		t.Errorf("configurations are %v", configs)
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
