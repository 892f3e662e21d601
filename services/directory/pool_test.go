// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/link"
)

// slowSessions answers when told to.
type slowSessions struct {
	sessionv1.UnimplementedSessionServiceServer
	entered, answer chan struct{}
}

func newSlowSessions() *slowSessions {
	return &slowSessions{entered: make(chan struct{}, 8), answer: make(chan struct{})}
}

func (s *slowSessions) InvokeService(ctx context.Context, _ *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
	s.entered <- struct{}{}
	select {
	case <-s.answer:
		return &sessionv1.InvokeServiceResponse{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *slowSessions) register(registrar grpc.ServiceRegistrar) {
	sessionv1.RegisterSessionServiceServer(registrar, s)
}

// beginCall calls a replica and returns when the call has reached it.
func beginCall(t *testing.T, p *pool, called *slowSessions, id, endpoint string) <-chan error {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		ended <- p.invoke(t.Context(), id, endpoint, sessionv1.SessionService_InvokeService_FullMethodName,
			&sessionv1.InvokeServiceRequest{}, &sessionv1.InvokeServiceResponse{}, nil)
	}()
	receive(t, "call", called.entered)
	return ended
}

func TestCallsUnderWayOutliveTheirReplicasEntry(t *testing.T) {
	for name, leave := range map[string]func(p *pool, elsewhere string){
		"gone": func(p *pool, _ string) { p.keep(nil) },
		"seen at another endpoint": func(p *pool, elsewhere string) {
			p.keep(map[string]string{"cs-0": elsewhere})
		},
		"called at another endpoint": func(p *pool, elsewhere string) {
			_, release, err := p.take("cs-0", elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			release()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPool(link.Options{}, testTimeout)
			defer p.close()
			called, other := newSlowSessions(), newSlowSessions()
			endpoint, elsewhere := listen(t, called.register), listen(t, other.register)
			first, second := beginCall(t, p, called, "cs-0", endpoint), beginCall(t, p, called, "cs-0", endpoint)
			leave(p, elsewhere)
			close(called.answer)
			for _, ended := range []<-chan error{first, second} {
				if err := receive(t, "end of the call", ended); err != nil {
					t.Errorf("call whose replica left: %v", err)
				}
			}
			// The next call goes where the replica is.
			moved := beginCall(t, p, other, "cs-0", elsewhere)
			close(other.answer)
			if err := receive(t, "end of the call", moved); err != nil {
				t.Errorf("call of the replica that moved: %v", err)
			}
		})
	}
}

func TestLinkThatLeftIsClosedAfterItsLastCall(t *testing.T) {
	p := newPool(link.Options{}, testTimeout)
	called := newSlowSessions()
	endpoint := listen(t, called.register)
	ended := beginCall(t, p, called, "cs-0", endpoint)
	left := p.remote["cs-0"].link
	p.keep(nil)
	close(called.answer)
	if err := receive(t, "end of the call", ended); err != nil {
		t.Fatal(err)
	}
	p.closing.Wait()
	err := left.Invoke(t.Context(), sessionv1.SessionService_InvokeService_FullMethodName,
		&sessionv1.InvokeServiceRequest{}, &sessionv1.InvokeServiceResponse{})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("call over a closed link: %v", err)
	}
}

func TestCallsUnderWayEndWithinABound(t *testing.T) {
	for name, test := range map[string]struct {
		linger time.Duration
		end    func(p *pool)
	}{
		"linger":            {linger: time.Millisecond, end: func(p *pool) { p.keep(nil) }},
		"close":             {linger: time.Hour, end: (*pool).close},
		"close while going": {linger: time.Hour, end: func(p *pool) { p.keep(nil); p.close() }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPool(link.Options{}, test.linger)
			defer p.close()
			called := newSlowSessions()
			ended := beginCall(t, p, called, "cs-0", listen(t, called.register))
			test.end(p)
			if err := receive(t, "end of the call", ended); status.Code(err) != codes.Unavailable {
				t.Errorf("call on a link that was closed: %v", err)
			}
		})
	}
}
