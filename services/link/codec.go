// SPDX-License-Identifier: Apache-2.0

package link

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec of everything but links
	"google.golang.org/grpc/mem"
)

// outgoing is an encoded ExchangeRequest or ExchangeResponse; the codec hands
// its buffer to gRPC, which frees it.
type outgoing struct {
	chunk *[]byte
	pool  *buffers
}

// incoming takes the bytes of an ExchangeRequest or ExchangeResponse; its
// buffer must be freed by who reads it.
type incoming struct{ buffer mem.Buffer }

// codec carries links as the bytes they are and everything else as protobuf.
// On the wire a link is protobuf too: proto/offhook/link/v1.
type codec struct{ plain encoding.CodecV2 }

var _ encoding.CodecV2 = codec{}

func newCodec() codec { return codec{plain: encoding.GetCodecV2("proto")} }

// Name implements encoding.CodecV2.
func (codec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if out, ok := v.(*outgoing); ok {
		return mem.BufferSlice{mem.NewBuffer(out.chunk, out.pool)}, nil
	}
	return c.plain.Marshal(v)
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if in, ok := v.(*incoming); ok {
		in.buffer = data.MaterializeToBuffer(mem.DefaultBufferPool())
		return nil
	}
	return c.plain.Unmarshal(data, v)
}
