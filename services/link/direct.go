// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// direct calls implementations of this process as methods: nothing is encoded
// or copied.
type direct struct{ methods methods }

var _ grpc.ClientConnInterface = (*direct)(nil)

// Direct gives a connection to services in this process: the register function
// names them, and a call is a method call on the caller's goroutine.
//
// The callee gets the caller's own request message and must neither change nor
// keep it, and the caller's response shares the fields of the one that the
// callee returned, which the callee must not change or keep either. Errors,
// deadlines, cancellation and metadata are as over gRPC, except that a call
// ends only when the callee returns. Streaming methods are UNIMPLEMENTED.
func Direct(register func(grpc.ServiceRegistrar)) grpc.ClientConnInterface {
	d := &direct{methods: methods{}}
	register(d.methods)
	return d
}

// Invoke implements grpc.ClientConnInterface.
func (d *direct) Invoke(ctx context.Context, name string, args, reply any, _ ...grpc.CallOption) error {
	called, ok := d.methods[name]
	if !ok {
		return d.methods.unknown(name)
	}
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	if sent, ok := metadata.FromOutgoingContext(ctx); ok {
		ctx = metadata.NewIncomingContext(ctx, sent)
	}
	answer, err := called.handler(called.implementation, ctx, leaveEmpty,
		func(ctx context.Context, _ any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(ctx, args)
		})
	if err != nil {
		return statusOf(err).Err()
	}
	return moveMessage(reply, answer)
}

// NewStream implements grpc.ClientConnInterface.
func (d *direct) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams are not carried inside one process")
}

// leaveEmpty decodes nothing: the handler gets the caller's message instead.
func leaveEmpty(any) error { return nil }

// moveMessage sets the fields of an empty message to those of another without
// copying what they point to.
func moveMessage(to, from any) error {
	target, ok := to.(proto.Message)
	source, okSource := from.(proto.Message)
	if !ok || !okSource {
		return status.Errorf(codes.Internal, "reply is %T, want a protobuf message", from)
	}
	reflected := source.ProtoReflect()
	if !reflected.IsValid() {
		return status.Error(codes.Internal, "service answered with a nil message")
	}
	into := target.ProtoReflect()
	if into.Descriptor() != reflected.Descriptor() {
		return status.Errorf(codes.Internal, "reply is %s, want %s",
			reflected.Descriptor().FullName(), into.Descriptor().FullName())
	}
	reflected.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		into.Set(field, value)
		return true
	})
	return nil
}
