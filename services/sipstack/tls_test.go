// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, RootCAs: roots}
}

func TestDialogOverTLS(t *testing.T) {
	cfg := selfSigned(t)
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) { _ = tx.Respond(200, "", WithBody(tx.Request().Body(), "text/plain")) })
	dialogs := make(chan *Dialog, 1)
	b := start(t, Config{Timers: quick(), TLS: cfg}, accepting(AcceptSpec{Handler: h}, dialogs))
	addr, err := b.e.Listen("tls", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, Config{Timers: quick(), TLS: cfg}, handlerFuncs{})
	uri, _ := ParseURI("sip:bob@" + addr.String() + ";transport=tls")
	d, c := call1(t, a, uri, InviteSpec{})
	if res := within(t, c.responses, "200"); res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	if err := d.Ack(nil, ""); err != nil {
		t.Fatal(err)
	}
	within(t, h.acks, "ACK")
	callee := within(t, dialogs, "dialog")
	if f := callee.Flow(); f.Network != "tls" {
		t.Fatal(f)
	}
	body := strings.Repeat("x", 50000)
	got := make(chan *Response, 1)
	if _, err := d.Send(RequestSpec{Method: INFO, Body: []byte(body), ContentType: "text/plain", OnResponse: func(res *Response) { got <- res }}); err != nil {
		t.Fatal(err)
	}
	if res := within(t, got, "answer"); string(res.Body()) != body {
		t.Fatal("the body changed")
	}
	if err := callee.Bye(); err != nil {
		t.Fatal(err)
	}
	if cause := within(t, c.ends, "end"); cause != EndByeReceived {
		t.Fatal(cause)
	}
}
