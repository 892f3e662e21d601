// SPDX-License-Identifier: Apache-2.0

package bus_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// TestInstalledServer runs the main paths on the nats-server of the operating
// system, which may be as old as 2.9.
func TestInstalledServer(t *testing.T) {
	program, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("nats-server is not installed")
	}
	ports := t.TempDir()
	server := exec.Command(program, "-js", "-a", "127.0.0.1", "-p", "-1", "-sd", t.TempDir(), "--ports_file_dir", ports)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Options{URL: portsFileURL(ctx, t, ports)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	first, err := b.Leases().Create(ctx, "one", &statev1.Lease{Replica: "pc-0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Leases().Update(ctx, "one", &statev1.Lease{Replica: "pc-1"}, first+1); err == nil {
		t.Error("update of a wrong revision succeeded")
	}
	changes := watched(t, b.Leases())
	expectChange(t, changes, bus.OperationPut, "one", "pc-0")
	expectChange(t, changes, bus.OperationSynced, "", "")
	older := writer(t, b, "branch-1", 1)
	live := reading(t, b, bus.ReaderOptions{})
	appendAndFlush(t, older, 1, 600)
	expectNumbers(t, live, 1, 600)
	newer := writer(t, b, "branch-1", 2)
	if newer.LastNumber() != 600 {
		t.Errorf("last number %d", newer.LastNumber())
	}
	if err := older.Append(events(601, 601)...); err != nil {
		t.Fatal(err)
	}
	if err := older.Flush(ctx); err == nil {
		t.Error("the older writer was not fenced")
	}
	appendAndFlush(t, newer, 601, 610)
	expectNumbers(t, live, 601, 610)
}

// portsFileURL waits for the file in which nats-server tells its port.
func portsFileURL(ctx context.Context, t *testing.T, folder string) string {
	t.Helper()
	for ctx.Err() == nil {
		names, err := filepath.Glob(filepath.Join(folder, "*.ports"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			if found := regexp.MustCompile(`nats://127\.0\.0\.1:\d+`).Find(content); found != nil {
				return string(found)
			}
		}
	}
	t.Fatal("nats-server did not tell its port")
	return ""
}
