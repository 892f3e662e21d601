// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	linkv1 "offhook.dev/proto/offhook/link/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

const testTimeout = 15 * time.Second

func invoke(ctx context.Context, conn grpc.ClientConnInterface, sessionID string) error {
	_, err := sessionv1.NewSessionServiceClient(conn).InvokeService(ctx, &sessionv1.InvokeServiceRequest{SessionId: sessionID})
	return err
}

// begin starts blocking calls and waits until the service has them all.
func begin(t *testing.T, book *phonebook, conn grpc.ClientConnInterface, count int) <-chan error {
	t.Helper()
	errs := make(chan error, count)
	for range count {
		go func() { errs <- invoke(t.Context(), conn, "block") }()
	}
	for range count {
		select {
		case <-book.entered:
		case <-time.After(testTimeout):
			t.Fatal("calls did not reach the service")
		}
	}
	return errs
}

func TestCallsAreAnsweredInAnyOrder(t *testing.T) {
	book := newPhonebook()
	listener := bufconn.Listen(1 << 20)
	serveLinks(t, listener, ServerOptions{}, book.register)
	conn := dialLink(t, listener, Options{})
	blocked := begin(t, book, conn, 3)
	client := sessionv1.NewSessionServiceClient(conn)
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			body := strconv.Itoa(i)
			answer, err := client.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{Body: []byte(body)})
			if err != nil || string(answer.GetBody()) != "re: "+body {
				t.Errorf("call %s: %q, %v", body, answer.GetBody(), err)
			}
		})
	}
	group.Wait()
	close(book.released)
	for range 3 {
		if err := <-blocked; err != nil {
			t.Errorf("blocked call: %v", err)
		}
	}
}

func TestCallsBeyondTheLimitsAreRefused(t *testing.T) {
	for name, options := range map[string]struct {
		client Options
		server ServerOptions
	}{
		"caller": {client: Options{MaxInFlight: 2}},
		"callee": {server: ServerOptions{MaxConcurrent: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			options.client.Metrics = NewMetrics(registry)
			book := newPhonebook()
			listener := bufconn.Listen(1 << 20)
			serveLinks(t, listener, options.server, book.register)
			conn := dialLink(t, listener, options.client)
			blocked := begin(t, book, conn, 2)
			if err := invoke(t.Context(), conn, ""); status.Code(err) != codes.ResourceExhausted {
				t.Errorf("third call: %v", err)
			}
			close(book.released)
			for range 2 {
				if err := <-blocked; err != nil {
					t.Error(err)
				}
			}
			if got := testutil.ToFloat64(options.client.Metrics.client.calls[codes.ResourceExhausted]); got != 1 {
				t.Errorf("%v refused calls were counted", got)
			}
		})
	}
}

func TestMessagesBeyondTheLimitAreRefused(t *testing.T) {
	book := newPhonebook()
	listener := bufconn.Listen(1 << 20)
	serveLinks(t, listener, ServerOptions{MaxMessageBytes: 1000}, book.register)
	conn := dialLink(t, listener, Options{MaxMessageBytes: 2000})
	client := sessionv1.NewSessionServiceClient(conn)
	for _, size := range []int{1500, 3000} {
		_, err := client.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{Body: make([]byte, size)})
		if status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := invoke(t.Context(), conn, ""); err != nil {
		t.Errorf("call after the refusals: %v", err)
	}
}

// relisten listens again at an address that a server has just left.
func relisten(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func TestLostLinkFailsItsCallsAndComesBack(t *testing.T) {
	book := newPhonebook()
	listener := relisten(t, "127.0.0.1:0")
	_, server := serveLinks(t, listener, ServerOptions{}, book.register)
	conn, err := Dial(context.Background(), listener.Addr().String(), Options{MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	blocked := begin(t, book, conn, 5)
	server.Stop()
	for range 5 {
		if err := <-blocked; status.Code(err) != codes.Unavailable {
			t.Errorf("call on a lost link: %v", err)
		}
	}
	serveLinks(t, relisten(t, listener.Addr().String()), ServerOptions{}, book.register)
	awaitAnswer(t, conn)
}

// awaitAnswer calls until a call is answered.
func awaitAnswer(t *testing.T, conn *Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	for {
		state := conn.state.Load()
		err := invoke(ctx, conn, "")
		if err == nil {
			return
		}
		if status.Code(err) != codes.Unavailable {
			t.Fatalf("call: %v", err)
		}
		if state.err != nil {
			<-state.changed
		}
	}
}

func TestDrainAnswersWhatIsOpen(t *testing.T) {
	book := newPhonebook()
	listener := relisten(t, "127.0.0.1:0")
	links, server := serveLinks(t, listener, ServerOptions{}, book.register)
	conn, err := Dial(context.Background(), listener.Addr().String(), Options{MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	blocked := begin(t, book, conn, 3)
	first := conn.state.Load().session
	links.Drain()
	<-first.drained
	stopped := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(stopped)
	}()
	close(book.released)
	for range 3 {
		if err := <-blocked; err != nil {
			t.Errorf("call that was open at the drain: %v", err)
		}
	}
	select {
	case <-stopped:
	case <-time.After(testTimeout):
		t.Fatal("server does not end: a link is still open")
	}
	if err := invoke(t.Context(), conn, ""); status.Code(err) != codes.Unavailable {
		t.Errorf("call to a drained server: %v", err)
	}
	serveLinks(t, relisten(t, listener.Addr().String()), ServerOptions{}, newPhonebook().register)
	awaitAnswer(t, conn)
}

func TestClosedLinkFailsItsCalls(t *testing.T) {
	book := newPhonebook()
	listener := bufconn.Listen(1 << 20)
	serveLinks(t, listener, ServerOptions{}, book.register)
	conn, err := Dial(context.Background(), "passthrough:///peer", Options{DialOptions: []grpc.DialOption{overBufconn(listener)}})
	if err != nil {
		t.Fatal(err)
	}
	blocked := begin(t, book, conn, 2)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-blocked; status.Code(err) != codes.Unavailable {
			t.Errorf("call on a closed link: %v", err)
		}
	}
	if err := invoke(t.Context(), conn, ""); status.Code(err) != codes.Unavailable {
		t.Errorf("call after close: %v", err)
	}
}

func TestWireIsTheProtobufContract(t *testing.T) {
	listener := bufconn.Listen(1 << 20)
	serveLinks(t, listener, ServerOptions{}, newPhonebook().register)
	plain, err := grpc.NewClient("passthrough:///peer", overBufconn(listener), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	stream, err := linkv1.NewLinkServiceClient(plain).Exchange(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&linkv1.ExchangeRequest{Requests: []*linkv1.Request{
		{Id: 7, Method: sessionv1.SessionService_InvokeService_FullMethodName, Payload: []byte{0x12, 1, 'x'}, TimeoutNanos: int64(testTimeout)},
		{Id: 8, Method: "/offhook.Nobody/Knows"},
		{Id: 9, Cancel: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[uint64]*linkv1.Response{}
	for len(answers) < 2 {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, response := range got.GetResponses() {
			answers[response.GetId()] = response
		}
	}
	if got := string(answers[7].GetPayload()); got != "\x0a\x05re: x" {
		t.Errorf("payload %q", got)
	}
	if len(answers[8].GetStatus()) == 0 {
		t.Error("unknown method has no status")
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Error("stream did not end")
	}
}
