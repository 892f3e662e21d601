// SPDX-License-Identifier: Apache-2.0

// Package cstatest is a CSTA server for tests of applications: it takes
// sessions over SIP (TR/87), answers services as the test says, and sends
// events. It has no phones and is never part of a program.
package cstatest

import (
	"context"
	"crypto/md5" // #nosec G501 -- what RFC 2617 asks for
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/sipstack"
)

// User and Password that the server takes.
const (
	User     = "alice"
	Password = "alice-secret" // #nosec G101 -- of a test
	realm    = "offhook.test"
)

const contentType = "application/csta+xml"

// Options of a server; each may be left out.
type Options struct {
	// Open answers an INVITE after its user is known: the SIP status, and the
	// message in a 200. The default is 200 with system status normal. Status 0
	// leaves the INVITE without answer.
	Open func(body csta.Message) (status int, answer csta.Message)
	// Invoke answers a service. Status 0 leaves it without answer.
	Invoke func(request csta.Message) (status int, answer csta.Message)
	// SessionExpires and MinSE of the session timer.
	SessionExpires, MinSE time.Duration
	// Advertised is the address that applications are given, host:port; the
	// server's own where empty.
	Advertised string
}

// Server is a running CSTA server. Its channels tell what came, and hold 100.
type Server struct {
	// TCP and UDP are the addresses, host:port.
	TCP, UDP string
	// Dialogs are the sessions that were opened.
	Dialogs chan *sipstack.Dialog
	// Refreshes are the bodies of re-INVITEs, Ended how sessions ended.
	Refreshes chan csta.Message
	Ended     chan sipstack.DialogEnd
	// Answers are the bodies with which the application answered Send, nil for
	// an empty one.
	Answers chan []byte

	options Options
	digest  *digestauth.Authenticator
}

// Start runs a server on loopback until the test ends.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	s := &Server{
		Dialogs: make(chan *sipstack.Dialog, 100), Refreshes: make(chan csta.Message, 100),
		Ended: make(chan sipstack.DialogEnd, 100), Answers: make(chan []byte, 100),
		options: options, digest: digestauth.New(digestauth.Config{Component: "cstatest"}),
	}
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Advertised: options.Advertised})
	if err != nil {
		t.Fatal(err)
	}
	for network, address := range map[string]*string{"tcp": &s.TCP, "udp": &s.UDP} {
		bound, err := endpoint.Listen(network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*address = bound.String()
	}
	endpoint.SetHandler(s)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- endpoint.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// HandleRequest implements sipstack.Handler.
func (s *Server) HandleRequest(tx *sipstack.ServerTx) {
	request := tx.Request()
	if request.Method != "INVITE" {
		_ = tx.RejectMethod("INVITE")
		return
	}
	if !s.known(tx) {
		return
	}
	status, answer := 200, csta.Message(&csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal})
	if s.options.Open != nil {
		status, answer = s.options.Open(read(request.Body()))
	}
	if status == 0 {
		return
	}
	if status >= 300 {
		_ = tx.Reject(status, sipstack.WithHeader(sipstack.NewHeader("Warning", `399 offhook.test "as the test says"`)))
		return
	}
	if dialog, err := tx.Accept(sipstack.AcceptSpec{
		Code: status, Body: write(answer), ContentType: contentType, Handler: s,
		SessionExpires: s.options.SessionExpires, MinSE: s.options.MinSE, Refresher: "uac",
	}); err == nil {
		s.Dialogs <- dialog
	}
}

// known challenges a request as sip-edge does.
func (s *Server) known(tx *sipstack.ServerTx) bool {
	request := tx.Request()
	result := s.digest.Check(digestauth.Attempt{
		Scheme: digestauth.Proxy, Realm: realm, Method: string(request.Method),
		Credentials: sipstack.HeaderValues(request, "Proxy-Authorization"), Source: tx.Flow().Remote,
		Lookup: func(realm, user string) (digestauth.HA1, bool) {
			secret := []byte(user + ":" + realm + ":" + Password)
			strong, weak := sha256.Sum256(secret), md5.Sum(secret) // #nosec G401 -- what RFC 2617 asks for
			return digestauth.HA1{SHA256: hex.EncodeToString(strong[:]), MD5: hex.EncodeToString(weak[:])}, user == User
		},
	})
	if result.Outcome == digestauth.OK {
		return true
	}
	var headers []sipstack.Header
	for _, challenge := range result.Challenges {
		headers = append(headers, sipstack.NewHeader("Proxy-Authenticate", challenge))
	}
	_ = tx.Reject(407, sipstack.WithHeader(headers...))
	return false
}
