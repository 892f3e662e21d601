// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"time"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Invoke performs one unary call over the stream. Deadline, cancellation and
// outgoing metadata of the context reach the callee; call options are ignored.
// A call whose link is lost fails with UNAVAILABLE and may have been served.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	c.options.Metrics.client.begin()
	err := c.invoke(ctx, method, args, reply)
	c.options.Metrics.client.end(status.Code(err))
	return err
}

func (c *Conn) invoke(ctx context.Context, method string, args, reply any) error {
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	payload, err := c.pool.marshal(args, c.options.MaxMessageBytes)
	if err != nil {
		return err
	}
	defer c.pool.Put(payload)
	waiting, ok := c.calls.Get().(*call)
	if !ok {
		waiting = &call{done: make(chan struct{}, 1)}
	}
	defer func() {
		*waiting = call{done: waiting.done}
		c.calls.Put(waiting)
	}()
	current, id, err := c.register(ctx, waiting)
	if err != nil {
		return err
	}
	var timeout int64
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(int64(time.Until(deadline)), 1)
	}
	sent, _ := metadata.FromOutgoingContext(ctx)
	var head [160]byte
	if !current.out.add(appendRequestHead(head[:0], id, method, timeout, sent, len(*payload)), *payload, false) &&
		current.forget(id) {
		return status.Errorf(codes.Unavailable, "link to %s is lost or takes no more", c.target)
	}
	select {
	case <-waiting.done:
	case <-ctx.Done():
		if current.forget(id) {
			if errors.Is(ctx.Err(), context.Canceled) {
				current.out.add(appendCancel(head[:0], id), nil, false)
			}
			return status.FromContextError(ctx.Err()).Err()
		}
		<-waiting.done
	}
	return waiting.result(reply)
}

// register opens the call on the session of now, or waits for one.
func (c *Conn) register(ctx context.Context, waiting *call) (*session, uint64, error) {
	for {
		now := c.state.Load()
		if now.err != nil {
			return nil, 0, now.err
		}
		if now.session != nil {
			id, ok, err := now.session.register(waiting)
			if ok || err != nil {
				return now.session, id, err
			}
		}
		select {
		case <-now.changed:
		case <-ctx.Done():
			return nil, 0, status.FromContextError(ctx.Err()).Err()
		}
	}
}

// result decodes the response into the reply and frees its buffer.
func (w *call) result(reply any) error {
	if w.err != nil {
		return w.err
	}
	defer w.buffer.Free()
	if w.status != nil {
		var failed statuspb.Status
		if err := proto.Unmarshal(w.status, &failed); err != nil {
			return status.Errorf(codes.Internal, "decode status: %v", err)
		}
		return status.ErrorProto(&failed)
	}
	message, ok := reply.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "reply is %T, want a protobuf message", reply)
	}
	if err := proto.Unmarshal(w.payload, message); err != nil {
		return status.Errorf(codes.Internal, "decode response: %v", err)
	}
	return nil
}
