// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestStartRefusesOtherThanLoopback(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:4222", ":4222", "192.0.2.1:0", "127.0.0.1", "127.0.0.1:x"} {
		if s, err := Start(t.Context(), Options{Listen: listen}); err == nil {
			t.Errorf("listen %q: no error", listen)
			_ = s.Stop()
		}
	}
}

func TestServerServesInProcessAndOnLoopback(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := Start(ctx, Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if !strings.HasPrefix(s.URL(), "nats://127.0.0.1:") {
		t.Errorf("URL %q", s.URL())
	}
	for name, option := range map[string]nats.Option{"process": nats.InProcessServer(s), "loopback": nats.Name("x")} {
		conn, err := nats.Connect(s.URL(), option)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := conn.FlushWithContext(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
}
