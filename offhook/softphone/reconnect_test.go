// SPDX-License-Identifier: Apache-2.0

package softphone_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/sipstack/siptest"
)

// tcpRegistrar grants what a phone asks for, and tells of each REGISTER.
func tcpRegistrar(t *testing.T) (address string, cseqs chan string) {
	t.Helper()
	cseqs = make(chan string, 100)
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	must(t, err)
	bound, err := endpoint.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	endpoint.SetHandler(registrar{func(tx *sipstack.ServerTx) {
		cseqs <- sipstack.HeaderValue(tx.Request(), "Call-ID") + " " + sipstack.HeaderValue(tx.Request(), "CSeq")
		_ = tx.Respond(200, "", sipstack.WithHeader(sipstack.NewHeader("Contact", sipstack.HeaderValue(tx.Request(), "Contact"))))
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- endpoint.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return bound.String(), cseqs
}

func next(t *testing.T, cseqs chan string) (callID, cseq string) {
	t.Helper()
	select {
	case text := <-cseqs:
		callID, cseq, _ = strings.Cut(text, " ")
		return callID, cseq
	case <-time.After(patience):
		t.Fatal("no REGISTER")
		return "", ""
	}
}

// A phone whose connection ends registers anew at once, in the same sequence.
func TestRegistersAnewWhenItsConnectionEnds(t *testing.T) {
	address, cseqs := tcpRegistrar(t)
	service := siptest.NewService(t, address)
	phone := start(t, softphone.Settings{Number: "1001", Registrar: service.Address, Transport: "tcp", Expires: time.Hour})
	phone.await(softphone.Registered)
	callID, cseq := next(t, cseqs)
	for _, want := range []string{"2 REGISTER", "3 REGISTER", "4 REGISTER"} {
		service.Cut()
		again, cseq := next(t, cseqs)
		if again != callID || cseq != want {
			t.Errorf("registers by Call-ID %s, CSeq %s; want %s, %s", again, cseq, callID, want)
		}
	}
	if cseq != "1 REGISTER" {
		t.Errorf("the first has CSeq %s", cseq)
	}
}

// While the registrar is away a phone tries again less and less often, however
// fast its connections fail.
func TestRegistersAgainPatiently(t *testing.T) {
	address, cseqs := tcpRegistrar(t)
	service := siptest.NewService(t, address)
	phone := start(t, softphone.Settings{Number: "1001", Registrar: service.Address, Transport: "tcp", Expires: time.Hour})
	phone.await(softphone.Registered)
	next(t, cseqs)
	service.To("")
	service.Cut()
	first := phone.await(softphone.RegistrationFailed).Time
	second := phone.await(softphone.RegistrationFailed).Time
	if waited := second.Sub(first); waited < 400*time.Millisecond {
		t.Errorf("tried again after %s", waited)
	}
	if made := service.Accepted(); made > 3 {
		t.Errorf("%d connections for three attempts", made)
	}
	service.To(address)
	phone.await(softphone.Registered)
}

// A call outlives the connections of its phones.
func TestCallOutlivesConnections(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	service := siptest.NewService(t, process.Server("tcp"))
	caller, called, out := pair(t, service.Address, "tcp")
	must(t, called.call().Answer())
	caller.await(softphone.CallConnected)
	in := called.call()
	flows(t, out)
	flows(t, in)
	service.Cut()
	must(t, in.Hold())
	called.await(softphone.HeldHere)
	caller.await(softphone.HeldByPeer)
	service.Cut()
	must(t, in.Resume())
	caller.await(softphone.ResumedByPeer)
	flows(t, out)
	flows(t, in)
	must(t, out.Hangup())
	called.await(softphone.CallEnded)
}
