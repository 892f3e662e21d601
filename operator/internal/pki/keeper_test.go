// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

// bench is a keeper on an API server of its own, with a clock that the test
// moves.
type bench struct {
	keeper *Keeper
	client client.Client
	now    time.Time
	log    bytes.Buffer
}

func newBench(t *testing.T, issue bool, objects ...client.Object) *bench {
	t.Helper()
	b := &bench{now: time.Now().Truncate(time.Second), client: fake.NewClientBuilder().WithObjects(objects...).Build()}
	b.keeper = NewKeeper(Options{
		Client: b.client, Names: Names{Installation: "site", Namespace: "cti"}, Issue: issue,
		AuthorityValidity: 3650 * day, Validity: 90 * day, Interval: time.Minute,
		Now: func() time.Time { return b.now }, Logger: slog.New(slog.NewTextHandler(&b.log, nil)), Metrics: NewMetrics(prometheus.NewRegistry()),
	})
	return b
}

func (b *bench) keep(t *testing.T) {
	t.Helper()
	if err := b.keeper.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) secrets(t *testing.T) map[string]corev1.Secret {
	t.Helper()
	var list corev1.SecretList
	if err := b.client.List(t.Context(), &list, client.InNamespace("cti")); err != nil {
		t.Fatal(err)
	}
	found := map[string]corev1.Secret{}
	for _, secret := range list.Items {
		found[secret.Name] = secret
	}
	return found
}

// check does a mutual handshake of every component with every other.
func (b *bench) check(t *testing.T) {
	t.Helper()
	found := b.secrets(t)
	parts := map[string]tls.Certificate{}
	pools := map[string]*x509.CertPool{}
	for _, component := range components() {
		data := found["site-"+component+"-tls"].Data
		certificate, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
		if err != nil {
			t.Fatalf("%s: %v", component, err)
		}
		parts[component], pools[component] = certificate, x509.NewCertPool()
		pools[component].AppendCertsFromPEM(data["ca.crt"])
	}
	for server := range parts {
		for caller := range parts {
			name := server + ".offhook.internal"
			if err := handshake(
				&tls.Config{Certificates: []tls.Certificate{parts[server]}, ClientCAs: pools[server], ClientAuth: tls.RequireAndVerifyClientCert, Time: func() time.Time { return b.now }},
				&tls.Config{Certificates: []tls.Certificate{parts[caller]}, RootCAs: pools[caller], ServerName: name, Time: func() time.Time { return b.now }},
			); err != nil {
				t.Errorf("%s calls %s: %v", caller, server, err)
			}
		}
	}
}

func handshake(server, caller *tls.Config) error {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	done := make(chan error, 1)
	go func() {
		conn := tls.Server(far, server)
		err := conn.Handshake()
		if err == nil {
			_, err = conn.Write([]byte("x"))
		}
		_ = far.Close()
		done <- err
	}()
	conn := tls.Client(near, caller)
	_, err := conn.Read(make([]byte, 1))
	_ = near.Close()
	return errors.Join(err, <-done)
}

func TestKeeperMakesWhatIsAbsent(t *testing.T) {
	b := newBench(t, true)
	b.keep(t)
	found := b.secrets(t)
	want := map[string][]string{
		"site-config-key": {"config.key"}, "site-edge-keys": {"flow-token.key", "nonce.key"}, "site-nats-system": {"password"},
		"site-internal-ca": {"tls.crt", "tls.key"},
	}
	for _, component := range components() {
		want["site-"+component+"-tls"] = []string{"ca.crt", "tls.crt", "tls.key"}
	}
	got := map[string][]string{}
	for name, secret := range found {
		for _, key := range []string{"ca.crt", "config.key", "flow-token.key", "nonce.key", "password", "tls.crt", "tls.key"} {
			if len(secret.Data[key]) > 0 {
				got[name] = append(got[name], key)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.check(t)
	if key, ok := b.keeper.Keys.Config(); !ok || key == [32]byte{} || len(b.keeper.Keys.SystemPassword()) != 64 {
		t.Error("the operator does not know its keys")
	}
	select {
	case <-b.keeper.Keys.Changed():
	default:
		t.Error("nobody is told of the key")
	}
	if err := b.keeper.Identity.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	for _, secret := range found {
		for _, value := range secret.Data {
			if strings.Contains(b.log.String(), string(value)) || strings.Contains(fmt.Sprint(b.keeper.Keys, *b.keeper), string(value)) {
				t.Errorf("a secret of %s is logged or printed", secret.Name)
			}
		}
	}
	b.keep(t)
	for name, secret := range b.secrets(t) {
		if secret.ResourceVersion != found[name].ResourceVersion {
			t.Errorf("%s was written though nothing was due", name)
		}
	}
}

func TestCertificatesNameTheirHosts(t *testing.T) {
	b := newBench(t, true)
	b.keep(t)
	found := b.secrets(t)
	for host, component := range map[string]string{
		"site-nats": "nats", "site-nats.cti.svc": "nats", "site-nats.cti.svc.cluster.local": "nats",
		"site-nats-0.site-nats-headless.cti.svc": "nats", "nats.offhook.internal": "nats",
		"site-sip-edge.cti": "sip-edge", "services.offhook.internal": "phone-control", "localhost": "monitor",
	} {
		leaf, err := readCertificate(found["site-"+component+"-tls"].Data["tls.crt"])
		if err != nil {
			t.Fatal(err)
		}
		if err := leaf.VerifyHostname(host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	leaf, err := readCertificate(found["site-nats-tls"].Data["tls.crt"])
	if err != nil || leaf.VerifyHostname(ServicesName) == nil {
		t.Errorf("NATS passes for a service: %v", err)
	}
}

func TestKeeperOverwritesNoKey(t *testing.T) {
	mine := &corev1.Secret{Name: "site-edge-keys", Namespace: "cti", Data: map[string][]byte{"nonce.key": []byte("mine")}}
	b := newBench(t, true, mine)
	err := b.keeper.Keep(t.Context())
	if err == nil || !strings.Contains(err.Error(), "flow-token.key") {
		t.Errorf("error %v, want one that names the missing key", err)
	}
	if got := b.secrets(t)["site-edge-keys"].Data; len(got) != 1 || string(got["nonce.key"]) != "mine" {
		t.Errorf("the Secret was overwritten: %v", got)
	}
	if _, ok := b.keeper.Keys.Config(); !ok {
		t.Error("one failure stopped the others")
	}
}

func TestCertificatesAreRenewedInTime(t *testing.T) {
	b := newBench(t, true)
	b.keep(t)
	first := b.secrets(t)
	b.now = b.now.Add(60*day - time.Minute)
	b.keep(t)
	if b.secrets(t)["site-nats-tls"].ResourceVersion != first["site-nats-tls"].ResourceVersion {
		t.Error("renewed too early")
	}
	b.now = b.now.Add(2 * time.Minute)
	b.keep(t)
	renewed := b.secrets(t)
	if bytes.Equal(renewed["site-nats-tls"].Data["tls.crt"], first["site-nats-tls"].Data["tls.crt"]) {
		t.Error("not renewed")
	}
	if !bytes.Equal(renewed["site-config-key"].Data["config.key"], first["site-config-key"].Data["config.key"]) {
		t.Error("the key was changed with the certificates")
	}
	b.check(t)
}

func TestBrokenOrDeletedCertificatesAreMadeAnew(t *testing.T) {
	b := newBench(t, true)
	b.keep(t)
	found := b.secrets(t)
	broken := found["site-monitor-tls"]
	broken.Data["tls.crt"] = []byte("broken")
	deleted := found["site-sip-edge-tls"]
	if err := errors.Join(b.client.Update(t.Context(), &broken), b.client.Delete(t.Context(), &deleted)); err != nil {
		t.Fatal(err)
	}
	b.keep(t)
	b.check(t)
}

// TestAuthorityChangesWithoutAGap moves a day at a time: at every step every
// component must trust every other, also one that reads its Secret late.
func TestAuthorityChangesWithoutAGap(t *testing.T) {
	b := newBench(t, true)
	b.keep(t)
	first := b.secrets(t)["site-internal-ca"].Data["tls.crt"]
	authority := b.secrets(t)["site-internal-ca"]
	authority.Annotations = map[string]string{RotateAnnotation: "now"}
	if err := b.client.Update(t.Context(), &authority); err != nil {
		t.Fatal(err)
	}
	late := b.secrets(t)
	for range 4 {
		b.keep(t)
		b.check(t)
		now := b.secrets(t)
		for _, component := range components() {
			old, fresh := late["site-"+component+"-tls"].Data, now["site-"+component+"-tls"].Data
			if err := trusts(old["ca.crt"], fresh["tls.crt"], b.now); err != nil {
				t.Errorf("%s: who is a step late does not trust it: %v", component, err)
			}
			if err := trusts(fresh["ca.crt"], old["tls.crt"], b.now); err != nil {
				t.Errorf("%s: it is not trusted while it is a step late: %v", component, err)
			}
		}
		late = now
		b.now = b.now.Add(day)
	}
	last := b.secrets(t)
	if bytes.Equal(last["site-internal-ca"].Data["tls.crt"], first) {
		t.Error("the authority is the one of before")
	}
	if bytes.Contains(last["site-nats-tls"].Data["ca.crt"], first) {
		t.Error("the authority of before is trusted still")
	}
	if _, asked := last["site-internal-ca"].Annotations[RotateAnnotation]; asked {
		t.Error("the wish for a new authority stays")
	}
}

func trusts(bundle, certificate []byte, at time.Time) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	leaf, err := readCertificate(certificate)
	if err != nil {
		return err
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: at})
	return err
}

func TestAuthorityOfTenYearsChangesByItself(t *testing.T) {
	names := Names{Installation: "site", Namespace: "cti"}
	begin := time.Now()
	held, _, err := (authority{}).step(names, begin, 3650*day, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at      time.Duration
		changed bool
	}{{2400 * day, false}, {2434 * day, true}, {2434*day + time.Hour, false}, {2435*day + time.Hour, true}, {2437 * day, true}, {2440 * day, false}} {
		var changed bool
		held, changed, err = held.step(names, begin.Add(test.at), 3650*day, false)
		if err != nil || changed != test.changed {
			t.Errorf("after %s: changed %v, %v", test.at, changed, err)
		}
	}
}

func TestCertificatesFromElsewhereAreOnlyRead(t *testing.T) {
	b := newBench(t, false)
	if err := b.keeper.Keep(t.Context()); err == nil || !strings.Contains(err.Error(), "cert-manager") {
		t.Errorf("error %v", err)
	}
	if found := b.secrets(t); len(found) != 3 {
		t.Errorf("%d Secrets were made, want the three of keys", len(found))
	}
	other := newBench(t, true)
	other.keep(t)
	given := other.secrets(t)["site-operator-tls"]
	given.ResourceVersion = ""
	if err := b.client.Create(t.Context(), &given); err != nil {
		t.Fatal(err)
	}
	b.keep(t)
	if err := b.keeper.Identity.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestIdentityChecksServers(t *testing.T) {
	b := newBench(t, true)
	config := b.keeper.Identity.ClientConfig("nats.offhook.internal")
	b.keep(t)
	data := b.secrets(t)["site-nats-tls"].Data
	certificate, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAnyClientCert}
	if err := handshake(server, config); err != nil {
		t.Errorf("own server: %v", err)
	}
	if err := handshake(server, b.keeper.Identity.ClientConfig("monitor.offhook.internal")); err == nil {
		t.Error("a server of another name is taken")
	}
	foreign := newBench(t, true)
	foreign.keep(t)
	if err := handshake(server, foreign.keeper.Identity.ClientConfig("nats.offhook.internal")); err == nil {
		t.Error("a server of another authority is taken")
	}
}

func TestStartTriesAgainUntilTheAPIServerAnswers(t *testing.T) {
	failures := 2
	b := newBench(t, true)
	b.keeper.options.Interval = 10 * time.Millisecond
	b.keeper.options.Client = interceptor.NewClient(b.client.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, access client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if failures > 0 {
				failures--
				return errors.New("no API server")
			}
			return access.Get(ctx, key, object, options...)
		},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.keeper.Start(ctx) }()
	if err := b.keeper.Identity.Wait(ctx); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
