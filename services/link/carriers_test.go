// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/ctierr"
)

// phonebook is a service whose answers depend on what it is asked.
type phonebook struct {
	sessionv1.UnimplementedSessionServiceServer
	// entered is told of each call that blocks, released frees it.
	entered, released chan struct{}
}

func newPhonebook() *phonebook {
	return &phonebook{entered: make(chan struct{}, 64), released: make(chan struct{})}
}

func (p *phonebook) register(registrar grpc.ServiceRegistrar) {
	sessionv1.RegisterSessionServiceServer(registrar, p)
}

func (p *phonebook) InvokeService(ctx context.Context, asked *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
	switch asked.GetSessionId() {
	case "csta error":
		return nil, ctierr.State("invalidObjectState", "line 1001 is idle")
	case "not owner":
		return nil, ctierr.NotOwner("branch-1", "phone-control-2")
	case "status":
		return nil, status.Error(codes.NotFound, "no such session")
	case "plain error":
		return nil, errors.New("disk is full")
	case "context error":
		return nil, context.DeadlineExceeded
	case "block":
		p.entered <- struct{}{}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.released:
		}
	case "metadata":
		received, _ := metadata.FromIncomingContext(ctx)
		values := received.Get("trace")
		if len(values) != 2 {
			return nil, status.Errorf(codes.Internal, "trace is %v", values)
		}
		return &sessionv1.InvokeServiceResponse{Body: []byte(values[0] + values[1])}, nil
	}
	return &sessionv1.InvokeServiceResponse{Body: append([]byte("re: "), asked.GetBody()...)}, nil
}

func (p *phonebook) ListSessions(_ context.Context, asked *sessionv1.ListSessionsRequest) (*sessionv1.ListSessionsResponse, error) {
	return &sessionv1.ListSessionsResponse{Sessions: []*sessionv1.Session{
		{SessionId: "a", Target: asked.GetTarget(), Monitors: 2}, {SessionId: "b"},
	}}, nil
}

// serveLinks serves a phonebook on a listener until the test ends.
func serveLinks(t testing.TB, listener net.Listener, options ServerOptions, services func(grpc.ServiceRegistrar)) (*Server, *grpc.Server) {
	t.Helper()
	links := NewServer(options)
	services(links)
	server := grpc.NewServer(links.GRPCOptions()...)
	links.Attach(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	return links, server
}

func dialLink(t testing.TB, listener *bufconn.Listener, options Options) *Conn {
	t.Helper()
	options.DialOptions = append(options.DialOptions, overBufconn(listener))
	conn, err := Dial(context.Background(), "passthrough:///peer", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close link: %v", err)
		}
	})
	return conn
}

func overBufconn(listener *bufconn.Listener) grpc.DialOption {
	return grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) })
}

// carriers gives the same phonebook over each carrier.
func carriers(t testing.TB, book *phonebook) map[string]sessionv1.SessionServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	serveLinks(t, listener, ServerOptions{}, book.register)
	plain, err := grpc.NewClient("passthrough:///peer", overBufconn(listener),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plain.Close(); err != nil {
			t.Errorf("close plain connection: %v", err)
		}
	})
	return map[string]sessionv1.SessionServiceClient{
		"direct": sessionv1.NewSessionServiceClient(Direct(book.register)),
		"link":   sessionv1.NewSessionServiceClient(dialLink(t, listener, Options{})),
		"plain":  sessionv1.NewSessionServiceClient(plain),
	}
}

func TestEveryCarrierAnswersAlike(t *testing.T) {
	for name, client := range carriers(t, newPhonebook()) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			answer, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{Body: []byte("hello")})
			if err != nil || string(answer.GetBody()) != "re: hello" {
				t.Fatalf("answer %q, error %v", answer.GetBody(), err)
			}
			listed, err := client.ListSessions(ctx, &sessionv1.ListSessionsRequest{Target: "branch-1"})
			if err != nil || len(listed.GetSessions()) != 2 || listed.GetSessions()[0].GetTarget() != "branch-1" {
				t.Fatalf("sessions %v, error %v", listed, err)
			}
			tagged := metadata.AppendToOutgoingContext(ctx, "trace", "one,", "trace", "two")
			answer, err = client.InvokeService(tagged, &sessionv1.InvokeServiceRequest{SessionId: "metadata"})
			if err != nil || string(answer.GetBody()) != "one,two" {
				t.Fatalf("answer %q, error %v", answer.GetBody(), err)
			}
			large := make([]byte, 300<<10)
			answer, err = client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{Body: large})
			if err != nil || len(answer.GetBody()) != len(large)+4 {
				t.Fatalf("large answer of %d bytes, error %v", len(answer.GetBody()), err)
			}
		})
	}
}

func TestEveryCarrierFailsAlike(t *testing.T) {
	cases := []struct {
		ask  string
		code codes.Code
		want *ctierr.Error
	}{
		{"csta error", codes.FailedPrecondition, ctierr.State("invalidObjectState", "")},
		{"status", codes.NotFound, ctierr.Operation("objectNotKnown", "")},
		{"plain error", codes.Unknown, ctierr.Operation(ctierr.Generic, "")},
		{"context error", codes.DeadlineExceeded, ctierr.Performance("performanceLimitExceeded", "")},
		{"not owner", codes.FailedPrecondition, ctierr.SystemResource("resourceOutOfService", "")},
	}
	for name, client := range carriers(t, newPhonebook()) {
		for _, c := range cases {
			t.Run(name+"/"+c.ask, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{SessionId: c.ask})
				if status.Code(err) != c.code {
					t.Errorf("code %v, want %v", status.Code(err), c.code)
				}
				if got := ctierr.FromError(err); !errors.Is(got, c.want) {
					t.Errorf("CSTA error %v, want %v", got, c.want)
				}
				owner, ok := ctierr.AsNotOwner(err)
				if ok != (c.ask == "not owner") || ok && owner.Owner != "phone-control-2" {
					t.Errorf("owner %v, %v", owner, ok)
				}
			})
		}
		t.Run(name+"/unknown method", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := client.ClearSession(ctx, &sessionv1.ClearSessionRequest{})
			if status.Code(err) != codes.Unimplemented {
				t.Errorf("code %v, want Unimplemented", status.Code(err))
			}
		})
	}
}

func TestEveryCarrierHonoursTheContext(t *testing.T) {
	book := newPhonebook()
	for name, client := range carriers(t, book) {
		t.Run(name+"/cancel", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-book.entered
				cancel()
			}()
			_, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{SessionId: "block"})
			if status.Code(err) != codes.Canceled {
				t.Errorf("error %v, want Canceled", err)
			}
		})
		t.Run(name+"/deadline", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{SessionId: "block"})
			select {
			case <-book.entered:
			case <-time.After(testTimeout):
				t.Fatal("the call did not reach the service")
			}
			if status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("error %v, want DeadlineExceeded", err)
			}
		})
		t.Run(name+"/before the call", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{})
			if status.Code(err) != codes.Canceled {
				t.Errorf("error %v, want Canceled", err)
			}
		})
	}
}
