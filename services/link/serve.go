// SPDX-License-Identifier: Apache-2.0

package link

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// serve runs one call and queues its response.
func (e *exchange) serve(next task) {
	answer, err := next.method.handler(next.method.implementation, next.ctx, func(into any) error {
		message, ok := into.(proto.Message)
		if !ok {
			return status.Errorf(codes.Internal, "request is %T, want a protobuf message", into)
		}
		if err := proto.Unmarshal(next.payload, message); err != nil {
			return status.Errorf(codes.Internal, "decode request: %v", err)
		}
		return nil
	}, nil)
	next.buffer.Free()
	e.mu.Lock()
	cancel := e.open[next.id]
	delete(e.open, next.id)
	e.mu.Unlock()
	code := e.respond(next.id, answer, err)
	cancel()
	<-e.server.slots
	e.server.options.Metrics.server.end(code)
}

// respond queues the response of a call and gives its code.
func (e *exchange) respond(id uint64, answer any, err error) codes.Code {
	if err == nil {
		var payload *[]byte
		payload, err = e.server.pool.marshal(answer, e.server.options.MaxMessageBytes)
		if err == nil {
			var head [32]byte
			e.out.add(appendResponseHead(head[:0], id, fieldResponsePayload, len(*payload)), *payload, true)
			e.server.pool.Put(payload)
			return codes.OK
		}
	}
	failed := statusOf(err)
	if failed.Code() == codes.OK {
		failed = status.New(codes.Internal, "service failed with status OK")
	}
	encoded, err := proto.Marshal(failed.Proto())
	if err != nil {
		failed = status.New(codes.Internal, "encode status: "+err.Error())
		encoded, _ = proto.Marshal(failed.Proto())
	}
	e.out.add(appendResponseHead(nil, id, fieldResponseStatus, len(encoded)), encoded, true)
	return failed.Code()
}

// marshal encodes a message into a pooled buffer, which the caller puts back.
func (b *buffers) marshal(v any, limit int) (*[]byte, error) {
	message, ok := v.(proto.Message)
	if !ok {
		return nil, status.Errorf(codes.Internal, "message is %T, want a protobuf message", v)
	}
	size := proto.Size(message)
	if size > limit {
		return nil, status.Errorf(codes.ResourceExhausted, "message of %d bytes is larger than %d", size, limit)
	}
	buffer := b.Get(size)
	encoded, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend((*buffer)[:0], message)
	if err != nil {
		b.Put(buffer)
		return nil, status.Errorf(codes.Internal, "encode message: %v", err)
	}
	*buffer = encoded
	return buffer, nil
}
