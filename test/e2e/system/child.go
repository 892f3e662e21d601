// SPDX-License-Identifier: Apache-2.0

package system

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a process.
const patience = 30 * time.Second

// child is a process with its log.
type child struct {
	name   string
	log    *log
	exited chan struct{}
	// stopSignal asks the process to end.
	stopSignal os.Signal
	command    *exec.Cmd
	// killed tells that the test itself has ended it.
	killed bool
}

// log keeps what a process writes and tells when there is more.
type log struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (l *log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	return l.text.Write(p)
}

// from is the log from an offset on, and a channel that is closed when there is
// more.
func (l *log) from(offset int) (string, <-chan struct{}) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()[offset:], l.changed
}

// start runs a process until the test ends: then it gets its stopSignal, SIGTERM
// if nothing else is set, and SIGKILL where it stays. A failed test prints its log.
func start(t *testing.T, name, path string, arguments ...string) *child {
	t.Helper()
	command := exec.Command(path, arguments...)
	c := &child{name: name, log: &log{changed: make(chan struct{})}, exited: make(chan struct{}), stopSignal: syscall.SIGTERM, command: command}
	command.Stdout, command.Stderr = c.log, c.log
	if err := command.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = command.Wait()
		close(c.exited)
	}()
	t.Cleanup(func() {
		if !c.killed {
			c.stop(t)
		}
		if t.Failed() {
			text, _ := c.log.from(0)
			t.Logf("log of %s:\n%s", name, text)
		}
	})
	return c
}

// stop ends the process, and fails the test where it has ended before or does
// not end well.
func (c *child) stop(t *testing.T) {
	select {
	case <-c.exited:
		t.Errorf("%s ended before its time: %s", c.name, c.command.ProcessState)
		return
	default:
	}
	_ = c.command.Process.Signal(c.stopSignal)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.exited:
		if !c.command.ProcessState.Success() {
			t.Errorf("%s ended on %s with: %s", c.name, c.stopSignal, c.command.ProcessState)
		}
	case <-timer.C:
		t.Errorf("%s did not end on %s", c.name, c.stopSignal)
		c.kill()
	}
}

// kill ends the process with SIGKILL.
func (c *child) kill() {
	c.killed = true
	_ = c.command.Process.Kill()
	<-c.exited
}

// mark is the end of the log now, for await.
func (c *child) mark() int {
	text, _ := c.log.from(0)
	return len(text)
}

// await waits until the log says all of the words in one line after the mark.
func (c *child) await(t *testing.T, mark int, words ...string) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		text, changed := c.log.from(mark)
		for line := range strings.Lines(text) {
			if containsAll(line, words) {
				return
			}
		}
		select {
		case <-changed:
		case <-c.exited:
			t.Fatalf("%s ended while the test waited for %q in its log", c.name, words)
		case <-timer.C:
			t.Fatalf("%s did not log %q; it logged:\n%s", c.name, words, text)
		}
	}
}

func containsAll(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}
