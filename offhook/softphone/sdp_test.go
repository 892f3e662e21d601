// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/audio"
)

func body(lines ...string) []byte {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

func TestParseMedia(t *testing.T) {
	tests := map[string]struct {
		body      []byte
		address   string
		payloads  []uint8
		codec     uint8
		direction Direction
	}{
		"both codecs":          {body("m=audio 4000 RTP/AVP 0 8 101"), "192.0.2.1:4000", []uint8{0, 8, 101}, audio.PayloadPCMU, SendRecv},
		"the other's order":    {body("m=audio 4000 RTP/AVP 8 0"), "192.0.2.1:4000", []uint8{8, 0}, audio.PayloadPCMA, SendRecv},
		"codecs not known":     {body("m=audio 4000 RTP/AVP 9 18 8"), "192.0.2.1:4000", []uint8{9, 18, 8}, audio.PayloadPCMA, SendRecv},
		"own connection":       {body("m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.9"), "192.0.2.9:4000", []uint8{0}, audio.PayloadPCMU, SendRecv},
		"IPv6":                 {body("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), "[2001:db8::1]:4000", []uint8{0}, audio.PayloadPCMU, SendRecv},
		"multicast scope":      {body("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.0.1.1/127"), "224.0.1.1:4000", []uint8{0}, audio.PayloadPCMU, SendRecv},
		"sendonly":             {body("m=audio 4000 RTP/AVP 0", "a=sendonly"), "192.0.2.1:4000", []uint8{0}, audio.PayloadPCMU, SendOnly},
		"of the session":       {body("a=inactive", "m=audio 4000 RTP/AVP 0"), "192.0.2.1:4000", []uint8{0}, audio.PayloadPCMU, Inactive},
		"stream before all":    {body("a=inactive", "m=audio 4000 RTP/AVP 0", "a=recvonly"), "192.0.2.1:4000", []uint8{0}, audio.PayloadPCMU, RecvOnly},
		"after video":          {body("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0"), "192.0.2.1:4000", []uint8{0}, audio.PayloadPCMU, SendRecv},
		"refused, then a good": {body("m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 0"), "192.0.2.1:4000", []uint8{0}, audio.PayloadPCMU, SendRecv},
		"held of old":          {body("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), "0.0.0.0:4000", []uint8{0}, audio.PayloadPCMU, SendOnly},
		"held of old, silent":  {body("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=recvonly"), "0.0.0.0:4000", []uint8{0}, audio.PayloadPCMU, Inactive},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseMedia(test.body)
			if err != nil {
				t.Fatal(err)
			}
			codec, ok := got.codec()
			if got.address.String() != test.address || got.direction != test.direction || codec != test.codec || !ok {
				t.Errorf("got %v %s, codec %d %v", got.address, got.direction, codec, ok)
			}
			if diff := cmp.Diff(test.payloads, got.payloads); diff != "" {
				t.Errorf("payloads (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseMediaRefuses(t *testing.T) {
	tests := map[string][]byte{
		"nothing":           nil,
		"no description":    []byte("hello"),
		"no stream":         body(),
		"video only":        body("m=video 5000 RTP/AVP 96"),
		"refused stream":    body("m=audio 0 RTP/AVP 0"),
		"name for address":  body("m=audio 4000 RTP/AVP 0", "c=IN IP4 phone.example"),
		"no connection":     []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"),
		"cut in the middle": body("m=audio 4000")[:40],
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := parseMedia(text); err == nil {
				t.Errorf("it was taken: %+v", got)
			}
		})
	}
	if _, err := parseMedia(body("m=video 5000 RTP/AVP 96")); !errors.Is(err, errNoAudio) {
		t.Errorf("error is %v", err)
	}
	if media, err := parseMedia(body("m=audio 4000 RTP/AVP 9 200 x")); err != nil {
		t.Error(err)
	} else if codec, ok := media.codec(); ok {
		t.Errorf("codec %d was chosen", codec)
	}
}

func TestDescribe(t *testing.T) {
	offer, err := describe("127.0.0.1", 4000, 3, []uint8{audio.PayloadPCMU, audio.PayloadPCMA}, SendOnly)
	if err != nil {
		t.Fatal(err)
	}
	want := "v=0\r\no=- 4000 3 IN IP4 127.0.0.1\r\ns=Offhook phone\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendonly\r\n"
	if diff := cmp.Diff(want, string(offer)); diff != "" {
		t.Errorf("offer (-want +got):\n%s", diff)
	}
	six, err := describe("::1", 4000, 1, []uint8{audio.PayloadPCMU}, SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(six), "c=IN IP6 ::1\r\n") {
		t.Errorf("the address's family is wrong:\n%s", six)
	}
}

// An answer has as many streams as its offer (RFC 3264 6).
func TestDescribeAnswer(t *testing.T) {
	offer, err := parseMedia(body("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 8 0", "m=audio 6000 RTP/AVP 0"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := describeAnswer("127.0.0.1", 7000, 1, offer, audio.PayloadPCMA, SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	var streams []string
	for line := range strings.Lines(string(answer)) {
		if strings.HasPrefix(line, "m=") {
			streams = append(streams, strings.TrimSpace(line))
		}
	}
	want := []string{"m=video 0 RTP/AVP 96", "m=audio 7000 RTP/AVP 8", "m=audio 0 RTP/AVP 0"}
	if diff := cmp.Diff(want, streams); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

func TestAgreed(t *testing.T) {
	all := []Direction{SendRecv, SendOnly, RecvOnly, Inactive}
	// want[own][offered] is the answer (RFC 3264 6.1).
	want := map[Direction][]Direction{
		SendRecv: {SendRecv, RecvOnly, SendOnly, Inactive},
		SendOnly: {SendOnly, Inactive, SendOnly, Inactive},
		RecvOnly: {RecvOnly, RecvOnly, Inactive, Inactive},
		Inactive: {Inactive, Inactive, Inactive, Inactive},
	}
	for _, own := range all {
		for i, offered := range all {
			if got := agreed(own, offered); got != want[own][i] {
				t.Errorf("own %s, offered %s: answered %s, want %s", own, offered, got, want[own][i])
			}
		}
	}
}

func FuzzParseMedia(f *testing.F) {
	f.Add(body("m=audio 4000 RTP/AVP 0 8", "a=sendonly"))
	f.Add(body("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		offer, err := parseMedia(text)
		if err != nil {
			return
		}
		codec, ok := offer.codec()
		if !ok {
			return
		}
		answer, err := describeAnswer("127.0.0.1", 7000, 1, offer, codec, agreed(SendRecv, offer.direction))
		if err != nil {
			t.Fatal(err)
		}
		own, err := parseMedia(answer)
		if err != nil {
			t.Fatalf("own answer can't be read: %v\n%s", err, answer)
		}
		if len(own.streams) != len(offer.streams) || own.at != offer.at {
			t.Errorf("%d streams answered with %d", len(offer.streams), len(own.streams))
		}
	})
}
