// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/skinny"
)

const skinnyDesk = "SEP001122334455"

// skinnyBed is an edge whose target has a Skinny phone, and is run at control.
func skinnyBed(t *testing.T, options ...bedOption) (b *bed, control net.Listener) {
	t.Helper()
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = control.Close() })
	b = newBed(t, options...)
	b.targets.Set(testTargets(t, func(config *configv1.TargetConfig) {
		config.Driver = &configv1.Driver{Skinny: &configv1.Skinny{}}
		config.Lines[0].Devices = []*configv1.Device{{Name: "desk", Skinny: &configv1.SkinnyPhone{DeviceName: skinnyDesk, Button: 1}}}
	}))
	b.owners.mu.Lock()
	defer b.owners.mu.Unlock()
	b.owners.leases = map[string]*statev1.Lease{
		"branch": {Target: "branch", Replica: "pc-0", SkinnyEndpoint: control.Addr().String()},
	}
	return b, control
}

// registers sends a registration, and gives it as it is on the wire.
func registers(t *testing.T, phone net.Conn) []byte {
	t.Helper()
	_ = phone.SetDeadline(time.Now().Add(5 * time.Second))
	words := skinny.Append(nil, &skinny.Register{Phone: skinny.Phone{DeviceName: skinnyDesk}}, skinny.Dialect{Version: skinny.MinVersion})
	if _, err := phone.Write(words); err != nil {
		t.Fatal(err)
	}
	return words
}

// arrives accepts a phone and compares what it says.
func arrives(t *testing.T, control net.Listener, words []byte) {
	t.Helper()
	served, err := control.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = served.Close() })
	_ = served.SetReadDeadline(time.Now().Add(5 * time.Second))
	got := make([]byte, len(words))
	if _, err := io.ReadFull(served, got); err != nil || string(got) != string(words) {
		t.Fatalf("phone-control read %x, %v", got, err)
	}
}

func TestASkinnyPhoneReachesPhoneControl(t *testing.T) {
	b, control := skinnyBed(t, withConfig(func(c *Config) { c.Skinny.Listen = "127.0.0.1:0" }))
	phone, err := net.Dial("tcp", b.edge.SkinnyAddresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = phone.Close() }()
	arrives(t, control, registers(t, phone))
	b.stop()
	if _, err := io.Copy(io.Discard, phone); err != nil {
		t.Errorf("the phone's connection: %v", err)
	}
}

// With a CA a phone is who its certificate says.
func TestASkinnyPhoneShowsItsCertificate(t *testing.T) {
	a := newAuthority(t)
	b, control := skinnyBed(t, a.withTLS(), withConfig(func(c *Config) {
		c.Skinny.TLS = SkinnyTLS{
			Listen: "127.0.0.1:0", CertFile: c.TLS.CertFile, KeyFile: c.TLS.KeyFile, ClientCAFile: c.TLS.ClientCAFile,
		}
	}))
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	dial := func(name string) net.Conn {
		phone, err := tls.Dial("tcp", b.edge.SkinnyAddresses()[0].String(), &tls.Config{
			RootCAs: roots, Certificates: []tls.Certificate{a.issue(name)},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = phone.Close() })
		return phone
	}
	other := dial("CP-7970-SEP665544332211")
	registers(t, other)
	frame, err := skinny.NewReader(other).Read()
	if err != nil {
		t.Fatal(err)
	}
	if reject, ok := frame.Message(skinny.Dialect{Version: skinny.MinVersion}).(*skinny.RegisterReject); !ok || reject.Text != "Error: Certificate" {
		t.Errorf("a phone with another's name is told %s", frame.ID)
	}
	arrives(t, control, registers(t, dial("CP-7970-"+skinnyDesk)))
}
