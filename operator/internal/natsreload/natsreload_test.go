// SPDX-License-Identifier: Apache-2.0

package natsreload

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"offhook.dev/operator/internal/pki"
	"offhook.dev/services/bus"
)

// installation is a keeper with its Secrets and a nats-server that reads its
// certificate from a folder, as a pod does.
type installation struct {
	keeper *pki.Keeper
	client client.Client
	folder string
	now    time.Time
}

func (i *installation) keep(t *testing.T) {
	t.Helper()
	if err := i.keeper.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var secret corev1.Secret
	if err := i.client.Get(t.Context(), client.ObjectKey{Namespace: "cti", Name: "offhook-nats-tls"}, &secret); err != nil {
		t.Fatal(err)
	}
	for name, content := range secret.Data {
		if err := os.WriteFile(filepath.Join(i.folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServersReadNewCertificatesAndKeepConnections(t *testing.T) {
	i := &installation{client: fake.NewClientBuilder().Build(), folder: t.TempDir(), now: time.Now().Add(-61 * 24 * time.Hour)}
	i.keeper = pki.NewKeeper(pki.Options{
		Client: i.client, Names: pki.Names{Installation: "offhook", Namespace: "cti"}, Issue: true,
		AuthorityValidity: 3650 * 24 * time.Hour, Validity: 90 * 24 * time.Hour, Interval: time.Minute,
		Now: func() time.Time { return i.now }, Logger: slog.New(slog.DiscardHandler),
	})
	i.keep(t)
	config := filepath.Join(i.folder, "nats.conf")
	text := fmt.Sprintf(`
listen: "127.0.0.1:-1"
tls {
  cert_file: %[1]q
  key_file: %[2]q
  ca_file: %[3]q
  verify: true
}
jetstream { store_dir: %[4]q }
accounts {
  SYS { users: [{user: system, password: $NATS_SYSTEM_PASSWORD}] }
  OFFHOOK { jetstream: enabled, users: [{user: offhook}] }
}
system_account: SYS
no_auth_user: offhook
`, filepath.Join(i.folder, "tls.crt"), filepath.Join(i.folder, "tls.key"), filepath.Join(i.folder, "ca.crt"), t.TempDir())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NATS_SYSTEM_PASSWORD", i.keeper.Keys.SystemPassword())
	settings, err := server.ProcessConfigFile(config)
	if err != nil {
		t.Fatal(err)
	}
	settings.NoSigs, settings.NoLog = true, true
	running, err := server.NewServer(settings)
	if err != nil {
		t.Fatal(err)
	}
	running.Start()
	t.Cleanup(func() { running.Shutdown(); running.WaitForShutdown() })
	if !running.ReadyForConnections(10 * time.Second) {
		t.Fatal("nats-server does not start")
	}

	identity := i.keeper.Identity.ClientConfig("nats.offhook.internal")
	url := "tls://" + running.Addr().String()
	connected, err := bus.Connect(t.Context(), bus.Options{URL: url, TLS: identity, MemoryStorage: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connected.Close)
	serial := func() string {
		t.Helper()
		dialled, err := nats.Connect(url, nats.Secure(identity))
		if err != nil {
			t.Fatal(err)
		}
		defer dialled.Close()
		state, err := dialled.TLSConnectionState()
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	connections := running.NumClients()

	i.now = i.now.Add(61 * 24 * time.Hour)
	i.keep(t)
	reloader := New(Options{URL: url, TLS: identity, Password: i.keeper.Keys.SystemPassword, Ready: i.keeper.Identity.Wait, Interval: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	told, err := reloader.Reload(t.Context())
	if err != nil || told != 1 {
		t.Fatalf("%d servers were told: %v", told, err)
	}
	if after := serial(); after == before {
		t.Error("new connections see the certificate of before")
	}
	if running.NumClients() < connections {
		t.Errorf("%d connections, %d before: the reload ended some", running.NumClients(), connections)
	}
	if err := connected.Ready(); err != nil {
		t.Errorf("the connection of before: %v", err)
	}

	wrong := New(Options{URL: url, TLS: identity, Password: func() string { return "wrong" }, Ready: i.keeper.Identity.Wait, Interval: time.Hour})
	if _, err := wrong.Reload(t.Context()); err == nil {
		t.Error("a wrong password reloads servers")
	}
}
