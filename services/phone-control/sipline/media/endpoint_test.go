// SPDX-License-Identifier: Apache-2.0

package media

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var endpoint = netip.MustParseAddrPort("192.0.2.1:20000")

func TestStreamOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		body []byte
		want Stream
		err  error
	}{
		{"both laws", description("m=audio 4000 RTP/AVP 8 0 96", "a=rtpmap:96 telephone-event/8000", "a=ptime:30"),
			Stream{netip.MustParseAddrPort("10.0.0.5:4000"), PayloadPCMA, 96, 30 * time.Millisecond, SendRecv}, nil},
		{"another codec first", description("m=audio 4000 RTP/AVP 9 18 0 101", "a=rtpmap:101 telephone-event/8000", "a=sendonly"),
			Stream{netip.MustParseAddrPort("10.0.0.5:4000"), PayloadPCMU, 101, 0, SendOnly}, nil},
		{"address of its own", description("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0", "c=IN IP4 10.0.0.6"),
			Stream{netip.MustParseAddrPort("10.0.0.6:4000"), PayloadPCMU, 0, 0, SendRecv}, nil},
		{"events of a wider clock", description("m=audio 4000 RTP/AVP 0 100 101", "a=rtpmap:100 telephone-event/48000", "a=rtpmap:101 telephone-event/8000"),
			Stream{netip.MustParseAddrPort("10.0.0.5:4000"), PayloadPCMU, 101, 0, SendRecv}, nil},
		{"host name", description("m=audio 4000 RTP/AVP 0", "c=IN IP4 phone.example"), Stream{Codec: PayloadPCMU, Direction: SendRecv}, nil},
		{"another codec only", description("m=audio 4000 RTP/AVP 18"), Stream{}, ErrNoCommonCodec},
		{"no audio", description("m=audio 0 RTP/AVP 0"), Stream{}, ErrNoCommonCodec},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := StreamOf(tt.body)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	for preferred, formats := range map[uint8]string{PayloadPCMU: "0 8 101", PayloadPCMA: "8 0 101"} {
		body := Describe(endpoint, preferred, 101, SendOnly)
		if !strings.Contains(string(body), "m=audio 20000 RTP/AVP "+formats+"\r\n") {
			t.Errorf("offer is\n%s", body)
		}
		got, err := StreamOf(body)
		if want := (Stream{endpoint, preferred, 101, 0, SendOnly}); err != nil || got.Address != want.Address || got.Codec != want.Codec ||
			got.TelephoneEvent != want.TelephoneEvent || got.Direction != want.Direction {
			t.Errorf("reads as %+v, %v", got, err)
		}
	}
	if body := string(Describe(netip.MustParseAddrPort("[2001:db8::1]:20000"), 0, 101, SendRecv)); !strings.Contains(body, "c=IN IP6 2001:db8::1\r\n") {
		t.Errorf("offer is\n%s", body)
	}
}

func TestDescribeAnswer(t *testing.T) {
	for _, tt := range []struct {
		name           string
		offer          []byte
		own            Direction
		wanted, absent []string
		err            error
	}{
		{"events as offered", description("m=audio 4000 RTP/AVP 18 8 96", "a=rtpmap:96 telephone-event/8000", "a=ptime:60"), SendRecv,
			[]string{"m=audio 20000 RTP/AVP 8 96\r\n", "a=rtpmap:96 telephone-event/8000\r\n", "a=sendrecv\r\n", "c=IN IP4 192.0.2.1\r\n"}, []string{"ptime", "101"}, nil},
		{"no events", description("m=audio 4000 RTP/AVP 0", "a=sendonly"), SendRecv,
			[]string{"m=audio 20000 RTP/AVP 0\r\n", "a=recvonly\r\n"}, []string{"telephone-event"}, nil},
		{"video refused", description("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0"), SendOnly,
			[]string{"m=video 0 ", "m=audio 20000 RTP/AVP 0\r\n", "a=sendonly\r\n"}, nil, nil},
		{"no common codec", description("m=audio 4000 RTP/AVP 18"), SendRecv, nil, nil, ErrNoCommonCodec},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := DescribeAnswer(tt.offer, endpoint, tt.own)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			for _, text := range tt.wanted {
				if !strings.Contains(string(answer), text) {
					t.Errorf("no %q in\n%s", text, answer)
				}
			}
			for _, text := range tt.absent {
				if strings.Contains(string(answer), text) {
					t.Errorf("%q in\n%s", text, answer)
				}
			}
		})
	}
}
