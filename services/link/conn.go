// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"

	"google.golang.org/grpc"
)

// Conn is one peer's link. It implements grpc.ClientConnInterface and is safe
// for concurrent use.
type Conn struct{}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// Dial gives a link to a gRPC target ("host:port" or any grpc-go target). It
// does not wait: the stream is opened at once in the background and opened
// anew whenever it is lost; calls wait for the first stream until their
// context ends. The context bounds nothing but Dial itself.
func Dial(ctx context.Context, target string, options Options) (*Conn, error) {
	return nil, errors.ErrUnsupported
}

// Invoke performs one unary call over the stream.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return errors.ErrUnsupported
}

// NewStream opens a stream of its own on the same gRPC connection.
func (c *Conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.ErrUnsupported
}

// Close ends the link; open calls fail with UNAVAILABLE.
func (c *Conn) Close() error { return nil }
