// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/bus/bustest"
)

var update = flag.Bool("update", false, "write golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// widgetConfig is the configuration of a made-up service.
type widgetConfig struct {
	Common `json:",inline"`

	Widgets int `json:"widgets"`
}

func (c *widgetConfig) Validate() error {
	if c.Widgets < 1 {
		return fmt.Errorf("widgets: is %d, must be 1 or more", c.Widgets)
	}
	return nil
}

// widget is a component that writes down what happens to it.
type widget struct {
	sessionv1.UnimplementedSessionServiceServer
	environment *Environment

	mu       sync.Mutex
	happened []string

	running  chan struct{}
	failing  chan error
	draining func(context.Context) error
	unready  func() error
}

func newWidget() *widget {
	return &widget{running: make(chan struct{}), failing: make(chan error, 1)}
}

func (w *widget) note(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.happened = append(w.happened, what)
}

func (w *widget) Register(r grpc.ServiceRegistrar) { sessionv1.RegisterSessionServiceServer(r, w) }

func (w *widget) Run(ctx context.Context) error {
	w.note("run")
	close(w.running)
	defer w.note("run ended")
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-w.failing:
		return err
	}
}

func (w *widget) Drain(ctx context.Context) error {
	w.note("drain")
	if w.draining != nil {
		return w.draining(ctx)
	}
	return nil
}

func (w *widget) Ready() error {
	if w.unready != nil {
		return w.unready()
	}
	return nil
}

func spec(w *widget) *Spec[*widgetConfig] {
	return &Spec[*widgetConfig]{
		Name: "widgets", Kind: "WidgetConfig", Summary: "Makes widgets.",
		NewDefaultConfig: func() *widgetConfig { return &widgetConfig{Widgets: 3} },
		New: func(_ context.Context, environment *Environment, config *widgetConfig) (Component, error) {
			if config.Widgets == 13 {
				return nil, errors.New("thirteen widgets are bad luck; set widgets to another number")
			}
			w.environment = environment
			return w, nil
		},
	}
}

// running is a process under test.
type running struct {
	signals chan os.Signal
	stdout  bytes.Buffer
	stderr  *syncBuffer
	ended   chan int
}

type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func launch(t *testing.T, w *widget, config string, arguments ...string) *running {
	t.Helper()
	if config != "" {
		name := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "--config", name)
	}
	p := &running{signals: make(chan os.Signal, 2), stderr: &syncBuffer{}, ended: make(chan int, 1)}
	go func() {
		p.ended <- run(t.Context(), spec(w), outside{
			arguments: arguments, environment: func(string) string { return "" }, signals: p.signals,
			stdout: &p.stdout, stderr: p.stderr,
		})
	}()
	return p
}

func (p *running) expectExit(t *testing.T, want int, text string) {
	t.Helper()
	select {
	case code := <-p.ended:
		if code != want || !strings.Contains(p.stderr.String(), text) {
			t.Fatalf("exit code %d, want %d with %q:\n%s", code, want, text, p.stderr)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("process did not end:\n%s", p.stderr)
	}
}

func working(nats string) string {
	return `
apiVersion: offhook.dev/v1alpha1
kind: WidgetConfig
replica: widgets-0
nats: {url: "` + nats + `"}
drain: {delay: 10ms, timeout: 5s}
`
}

func (p *running) admin(t *testing.T, path string) (int, string) {
	t.Helper()
	found := regexp.MustCompile(`admin is listening".*"address":"([^"]+)"`).FindStringSubmatch(p.stderr.String())
	if found == nil {
		t.Fatalf("no admin address:\n%s", p.stderr)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + found[1] + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestPrintedDefaultConfig(t *testing.T) {
	p := launch(t, newWidget(), "", "--print-config")
	p.expectExit(t, exitOK, "")
	golden := filepath.Join("testdata", "default.yaml")
	if *update {
		if err := os.WriteFile(golden, p.stdout.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.stdout.String(); got != string(want) {
		t.Errorf("printed configuration:\n%s\nwant:\n%s", got, want)
	}
	// What is printed can be read back.
	again := launch(t, newWidget(), p.stdout.String(), "--print-config")
	again.expectExit(t, exitOK, "")
	if again.stdout.String() != p.stdout.String() {
		t.Errorf("read back:\n%s", again.stdout.String())
	}
}

func TestPrintedConfigHidesPasswords(t *testing.T) {
	p := launch(t, newWidget(), working("nats://widgets:hunter2@127.0.0.1:4222,nats://b:4222"), "--print-config")
	p.expectExit(t, exitOK, "")
	if text := p.stdout.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "nats://b:4222") {
		t.Errorf("printed:\n%s", text)
	}
}

func TestWrongFlagsAndConfigurations(t *testing.T) {
	for name, c := range map[string]struct{ config, argument, text string }{
		"flag":      {"", "--colour", "--help lists the flags"},
		"log level": {"", "--log-level=loud", "must be debug, info, warn or error"},
		"file":      {"", "--config=/nonexistent.yaml", "no such file"},
		"unknown key": {
			"apiVersion: offhook.dev/v1alpha1\nkind: WidgetConfig\nwidgetz: 4\n", "--print-config", `unknown field "widgetz"`},
		"kind":        {"apiVersion: offhook.dev/v1alpha1\nkind: Other\n", "--print-config", `must be "WidgetConfig"`},
		"own part":    {"widgets: 0\n", "--print-config", "widgets: is 0"},
		"open gRPC":   {"grpc: {listen: '0.0.0.0:0'}\n", "--print-config", "grpc.insecure: true"},
		"half of TLS": {"grpc: {tls: {cert: a.pem}}\n", "--print-config", "cert and key must both be set"},
		"drain":       {"drain: {delay: 10s, timeout: 5s}\n", "--print-config", "drain.timeout"},
		"duration":    {"drain: {delay: 10}\n", "--print-config", "1m30s"},
	} {
		t.Run(name, func(t *testing.T) {
			launch(t, newWidget(), c.config, c.argument).expectExit(t, exitUsage, c.text)
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	for argument, text := range map[string]string{"--version": "widgets dev", "--help": "Makes widgets."} {
		p := launch(t, newWidget(), "", argument)
		p.expectExit(t, exitOK, "")
		if !strings.Contains(p.stdout.String(), text) {
			t.Errorf("%s printed %q", argument, p.stdout.String())
		}
	}
}

func TestSignalDrainsInOrder(t *testing.T) {
	server := bustest.Run(t)
	w := newWidget()
	p := launch(t, w, working(server.URL()))
	<-w.running
	awaitStatus(t, p, http.StatusOK, "ok")
	w.draining = func(context.Context) error {
		if code, body := p.admin(t, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
			t.Errorf("ready while draining: %d %s", code, body)
		}
		replica, ok := w.environment.Directory.Replica("widgets-0")
		if !ok || !replica.GetDraining() {
			t.Errorf("replica while draining: %v", replica)
		}
		return nil
	}
	if code, body := p.admin(t, "/metrics"); code != http.StatusOK || !strings.Contains(body, "offhook_bus_") || !strings.Contains(body, "go_goroutines") {
		t.Errorf("metrics: %d %s", code, body)
	}
	if code, _ := p.admin(t, "/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("profiles are served: %d", code)
	}
	p.signals <- syscall.SIGTERM
	p.expectExit(t, exitOK, "draining")
	if got := strings.Join(w.happened, ", "); got != "run, drain, run ended" {
		t.Errorf("happened: %s", got)
	}
	left, err := server.Connect(t).Replicas().Keys(t.Context(), ">")
	if err != nil || len(left) != 0 {
		t.Errorf("entries after the drain: %v, %v", left, err)
	}
}

// awaitStatus asks /readyz until it answers as wanted.
func awaitStatus(t *testing.T, p *running, code int, text string) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); {
		if got, body := p.admin(t, "/readyz"); got == code && strings.Contains(body, text) {
			return
		}
	}
	t.Fatalf("not %d %q:\n%s", code, text, p.stderr)
}

// TestReadinessFollowsTheComponent, and not NATS, which all replicas share.
func TestReadinessFollowsTheComponent(t *testing.T) {
	server := bustest.Run(t)
	w := newWidget()
	var mu sync.Mutex
	var unready error
	w.unready = func() error {
		mu.Lock()
		defer mu.Unlock()
		return unready
	}
	p := launch(t, w, working(server.URL()))
	<-w.running
	awaitStatus(t, p, http.StatusOK, "ok")
	mu.Lock()
	unready = errors.New("a target is being taken over")
	mu.Unlock()
	awaitStatus(t, p, http.StatusServiceUnavailable, "a target is being taken over")
	mu.Lock()
	unready = nil
	mu.Unlock()
	server.Stop(t)
	for w.environment.Bus.Ready() == nil {
		runtime.Gosched()
	}
	awaitStatus(t, p, http.StatusOK, "ok")
	server.Restart(t)
	p.signals <- syscall.SIGTERM
	p.expectExit(t, exitOK, "")
}

func TestSecondSignalCutsTheDrainOff(t *testing.T) {
	w := newWidget()
	entered := make(chan struct{})
	w.draining = func(ctx context.Context) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}
	p := launch(t, w, working(bustest.Run(t).URL()))
	<-w.running
	p.signals <- syscall.SIGTERM
	<-entered
	p.signals <- syscall.SIGINT
	p.expectExit(t, exitFailed, "cut off by a second signal")
}

func TestDrainThatTakesTooLongFails(t *testing.T) {
	w := newWidget()
	w.draining = func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	p := launch(t, w, strings.Replace(working(bustest.Run(t).URL()), "timeout: 5s", "timeout: 100ms", 1))
	<-w.running
	p.signals <- syscall.SIGTERM
	p.expectExit(t, exitFailed, "drain.timeout is over")
}

func TestFailuresEndTheProcess(t *testing.T) {
	url := bustest.Run(t).URL()
	t.Run("component", func(t *testing.T) {
		w := newWidget()
		p := launch(t, w, working(url))
		<-w.running
		w.failing <- errors.New("the press broke")
		p.expectExit(t, exitFailed, "the press broke")
	})
	t.Run("component ends", func(t *testing.T) {
		w := newWidget()
		p := launch(t, w, working(url))
		<-w.running
		w.failing <- nil
		p.expectExit(t, exitFailed, "component: ended by itself")
	})
	t.Run("new", func(t *testing.T) {
		launch(t, newWidget(), working(url)+"widgets: 13\n").expectExit(t, exitFailed, "bad luck")
	})
	t.Run("port in use", func(t *testing.T) {
		launch(t, newWidget(), working(url)+"grpc: {listen: '"+strings.TrimPrefix(url, "nats://")+"'}\n").
			expectExit(t, exitFailed, "change grpc.listen")
	})
	t.Run("signal while starting", func(t *testing.T) {
		p := launch(t, newWidget(), working("nats://127.0.0.1:1"))
		p.signals <- syscall.SIGTERM
		p.expectExit(t, exitOK, "")
	})
}
