// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	linkv1 "offhook.dev/proto/offhook/link/v1"
)

// Conn is one peer's link. It implements grpc.ClientConnInterface and is safe
// for concurrent use.
type Conn struct {
	target  string
	options Options
	grpc    *grpc.ClientConn
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	state   atomic.Pointer[state]
	pool    buffers
	// calls keeps waiting calls for reuse: their channels are most of their
	// cost.
	calls sync.Pool
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// state is what a call finds: a session, an error, or neither while the stream
// is being opened. changed is closed when another state has replaced it.
type state struct {
	session *session
	err     error
	changed chan struct{}
}

// Dial gives a link to a gRPC target ("host:port" or any grpc-go target). It
// does not wait: the stream is opened in the background, and opened anew, after
// a growing pause with jitter, whenever it is lost. A call waits while the
// stream is being opened and fails with UNAVAILABLE after an attempt failed.
// The context bounds the life of the link, as Close does.
func Dial(ctx context.Context, target string, options Options) (*Conn, error) {
	options = options.withDefaults()
	dialOptions := append([]grpc.DialOption{
		grpc.WithTransportCredentials(options.Credentials),
		grpc.WithNoProxy(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: options.KeepAlive, Timeout: options.KeepAliveTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: options.MinBackoff, Multiplier: 2, Jitter: 0.2, MaxDelay: options.MaxBackoff},
			MinConnectTimeout: 3 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(options.MaxMessageBytes + chunkSlack)),
		grpc.WithInitialWindowSize(1 << 20),
		grpc.WithInitialConnWindowSize(4 << 20),
	}, options.DialOptions...)
	connection, err := grpc.NewClient(target, dialOptions...)
	if err != nil {
		return nil, fmt.Errorf("link to %s: %w", target, err)
	}
	c := &Conn{target: target, options: options, grpc: connection}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.state.Store(&state{changed: make(chan struct{})})
	c.running.Go(c.run)
	return c, nil
}

// NewStream opens a stream of its own on the same gRPC connection.
func (c *Conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.grpc.NewStream(ctx, desc, method, opts...)
}

// Target is what was dialled.
func (c *Conn) Target() string { return c.target }

// Close ends the link; open calls fail with UNAVAILABLE. It returns when the
// link's goroutines are gone.
func (c *Conn) Close() error {
	c.cancel()
	c.running.Wait()
	return c.grpc.Close()
}

// run keeps one session open until the link is closed.
func (c *Conn) run() {
	failures := 0
	for c.ctx.Err() == nil {
		opened := time.Now()
		current, err := c.open()
		if err == nil {
			c.options.Metrics.connects.Inc()
			c.setState(&state{session: current})
			select {
			case <-current.drained:
				err = status.Error(codes.Unavailable, "peer is draining")
			case <-current.done:
				err = current.lost
			}
		}
		if c.ctx.Err() != nil {
			break
		}
		failures++
		if time.Since(opened) > c.options.MaxBackoff {
			failures = 1
		}
		pause := c.pause(failures)
		c.options.Logger.Warn("link is down", "target", c.target, "error", err, "retry_in", pause)
		c.setState(&state{err: status.Errorf(codes.Unavailable, "link to %s is down: %s", c.target, status.Convert(err).Message())})
		if !c.wait(pause) {
			break
		}
		c.setState(&state{})
	}
	c.setState(&state{err: status.Errorf(codes.Unavailable, "link to %s is closed", c.target)})
}

// open opens a stream and serves it on a goroutine of its own.
func (c *Conn) open() (*session, error) {
	ctx, cancel := context.WithCancel(c.ctx)
	stream, err := c.grpc.NewStream(ctx, &grpc.StreamDesc{
		StreamName: "Exchange", ServerStreams: true, ClientStreams: true,
	}, linkv1.LinkService_Exchange_FullMethodName, grpc.ForceCodecV2(newCodec()))
	if err != nil {
		cancel()
		return nil, err
	}
	current := newSession(stream, cancel, c.options.MaxInFlight, &c.pool)
	c.running.Go(func() { _ = current.serve() })
	return current, nil
}

func (c *Conn) pause(failures int) time.Duration {
	pause := c.options.MinBackoff << min(failures-1, 16)
	if pause > c.options.MaxBackoff || pause <= 0 {
		pause = c.options.MaxBackoff
	}
	return pause/2 + rand.N(pause/2+1)
}

func (c *Conn) wait(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *Conn) setState(next *state) {
	next.changed = make(chan struct{})
	close(c.state.Swap(next).changed)
}
