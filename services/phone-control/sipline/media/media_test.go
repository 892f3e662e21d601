// SPDX-License-Identifier: Apache-2.0

package media

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func description(lines ...string) []byte {
	return []byte(strings.Join(append([]string{
		"v=0", "o=phone 77 3 IN IP4 10.0.0.5", "s=talk", "c=IN IP4 10.0.0.5", "t=0 0",
	}, lines...), "\r\n") + "\r\n")
}

func TestDirectionOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		body []byte
		want Direction
	}{
		{"nothing said", description("m=audio 4000 RTP/AVP 0"), SendRecv},
		{"at the stream", description("m=audio 4000 RTP/AVP 0", "a=sendonly"), SendOnly},
		{"at the session", description("a=inactive", "m=audio 4000 RTP/AVP 0"), Inactive},
		{"the stream is stronger", description("a=inactive", "m=audio 4000 RTP/AVP 0", "a=recvonly"), RecvOnly},
		{"video comes first", description("m=video 5000 RTP/AVP 96", "a=inactive", "m=audio 4000 RTP/AVP 0"), SendRecv},
		{"address zero", description("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), SendOnly},
		{"address zero and recvonly", description("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=recvonly"), Inactive},
		{"refused stream", description("m=audio 0 RTP/AVP 0"), Inactive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DirectionOf(tt.body)
			if err != nil || got != tt.want {
				t.Errorf("DirectionOf = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	if _, err := DirectionOf([]byte("no description")); err == nil {
		t.Error("DirectionOf of garbage gave no error")
	}
}

func TestAnswerTo(t *testing.T) {
	for _, tt := range []struct{ offer, own, want Direction }{
		{SendRecv, SendRecv, SendRecv},
		{SendOnly, SendRecv, RecvOnly},
		{RecvOnly, SendRecv, SendOnly},
		{Inactive, SendRecv, Inactive},
		{SendRecv, SendOnly, SendOnly},
		{SendOnly, SendOnly, Inactive},
		{SendRecv, Inactive, Inactive},
	} {
		if got := tt.offer.AnswerTo(tt.own); got != tt.want {
			t.Errorf("%s answered by %s = %s, want %s", tt.offer, tt.own, got, tt.want)
		}
	}
}

func TestWithDirection(t *testing.T) {
	body := description("a=sendrecv", "m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendrecv",
		"m=video 0 RTP/AVP 96")
	got, err := WithDirection(body, Inactive)
	if err != nil {
		t.Fatal(err)
	}
	want := description("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=inactive",
		"m=video 0 RTP/AVP 96")
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
}

func TestOriginStamp(t *testing.T) {
	origin := NewOrigin(9, "10.0.0.1")
	body := description("m=audio 4000 RTP/AVP 0", "a=x-strange: kept \t as it is ")
	first := origin.Stamp(body)
	want := bytes.Replace(body, []byte("o=phone 77 3 IN IP4 10.0.0.5"), []byte("o=- 9 1 IN IP4 10.0.0.1"), 1)
	if diff := cmp.Diff(string(want), string(first)); diff != "" {
		t.Errorf("first description (-want +got):\n%s", diff)
	}
	again := origin.Stamp(bytes.Replace(body, []byte("77 3"), []byte("77 4"), 1))
	if !bytes.Equal(first, again) {
		t.Errorf("the same description got another version:\n%s", again)
	}
	changed := origin.Stamp(description("m=audio 4002 RTP/AVP 0"))
	if !bytes.Contains(changed, []byte("o=- 9 2 IN IP4 10.0.0.1\r\n")) {
		t.Errorf("a change did not raise the version by one:\n%s", changed)
	}
	if got := origin.Stamp([]byte("v=0\r\n")); string(got) != "v=0\r\n" {
		t.Errorf("a body without o= became %q", got)
	}
}

func TestAnswer(t *testing.T) {
	offer := description("m=audio 4000 RTP/AVP 9 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
		"m=video 5000 RTP/AVP 96")
	party := []byte("v=0\r\no=- 5 5 IN IP4 10.0.0.6\r\ns=-\r\nt=0 0\r\n" +
		"m=audio 6000 RTP/AVP 8 0 101\r\nc=IN IP4 10.0.0.7\r\na=rtpmap:101 telephone-event/8000\r\n")
	got, err := Answer(offer, party, RecvOnly, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	want := "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n" +
		"m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=recvonly\r\n" +
		"m=video 0 RTP/AVP 96\r\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	opus := description("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2")
	if _, err := Answer(opus, party, SendRecv, "10.0.0.1"); !errors.Is(err, ErrNoCommonCodec) {
		t.Errorf("answer without a common codec: %v", err)
	}
	silent, err := SilentAnswer(opus, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if direction, _ := DirectionOf(silent); direction != Inactive || !bytes.Contains(silent, []byte("m=audio 9 RTP/AVP 96\r\n")) {
		t.Errorf("silent answer:\n%s", silent)
	}
}

// FuzzWithDirection asserts that whatever can be altered has the wanted
// direction afterwards and can be read again.
func FuzzWithDirection(f *testing.F) {
	f.Add(description("m=audio 4000 RTP/AVP 0", "a=sendonly"))
	f.Add(SilentOffer("::1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		altered, err := WithDirection(body, Inactive)
		if err != nil {
			return
		}
		direction, err := DirectionOf(altered)
		if err != nil {
			t.Fatalf("altered description can't be read: %v\n%q", err, altered)
		}
		if direction != Inactive {
			t.Fatalf("direction is %s\n%q", direction, altered)
		}
		NewOrigin(1, "::1").Stamp(body)
	})
}
