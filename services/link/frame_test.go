// SPDX-License-Identifier: Apache-2.0

package link

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	linkv1 "offhook.dev/proto/offhook/link/v1"
)

func TestHandWrittenFramesAreTheContract(t *testing.T) {
	payload := []byte("payload")
	message := appendRequestHead(nil, 300, "/s/m", 12345, metadata.MD{"k": {"v1", "v2"}}, len(payload))
	message = append(message, payload...)
	message = appendCancel(message, 301)
	var got linkv1.ExchangeRequest
	if err := proto.Unmarshal(message, &got); err != nil {
		t.Fatal(err)
	}
	want := &linkv1.ExchangeRequest{Requests: []*linkv1.Request{
		{Id: 300, Method: "/s/m", TimeoutNanos: 12345, Payload: payload, Metadata: []*linkv1.Metadata{{Key: "k", Value: "v1"}, {Key: "k", Value: "v2"}}},
		{Id: 301, Cancel: true},
	}}
	if difference := cmp.Diff(want, &got, protocmp.Transform()); difference != "" {
		t.Errorf("request (-want +got):\n%s", difference)
	}
	message = append(appendResponseHead(nil, 5, fieldResponseStatus, len(payload)), payload...)
	var answered linkv1.ExchangeResponse
	if err := proto.Unmarshal(message, &answered); err != nil {
		t.Fatal(err)
	}
	if response := answered.GetResponses()[0]; response.GetId() != 5 || !bytes.Equal(response.GetStatus(), payload) {
		t.Errorf("response %v", response)
	}
}

// FuzzRequest checks that whatever the hand-written reader accepts, the
// generated one reads alike.
func FuzzRequest(f *testing.F) {
	f.Add(append(appendRequestHead(nil, 1, "/s/m", 99, metadata.MD{"k": {"v"}}, 3), 1, 2, 3))
	f.Add(appendCancel(nil, 1<<40))
	f.Add([]byte{0x0a, 0x02, 0x08})
	f.Fuzz(func(t *testing.T, message []byte) {
		var reference linkv1.ExchangeRequest
		referenceErr := proto.Unmarshal(message, &reference)
		rest, index := message, 0
		for {
			frame, after, err := nextFrame(rest)
			if err != nil {
				if referenceErr == nil {
					t.Fatalf("refused what is well formed: %v", err)
				}
				return
			}
			if frame == nil {
				return
			}
			rest = after
			var read request
			if err := read.decode(frame); err != nil || referenceErr != nil {
				return
			}
			want := reference.GetRequests()[index]
			index++
			if read.id != want.GetId() || string(read.method) != want.GetMethod() || !bytes.Equal(read.payload, want.GetPayload()) ||
				read.cancel != want.GetCancel() || read.timeoutNanos != want.GetTimeoutNanos() {
				t.Fatalf("read %+v, want %v", read, want)
			}
		}
	})
}
