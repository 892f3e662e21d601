// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitList(t *testing.T) {
	for in, want := range map[string][]string{
		"timer, gruu ,":                     {"timer", "gruu"},
		`"a, \"b" <sip:x,y@z>;p=1, <sip:c>`: {`"a, \"b" <sip:x,y@z>;p=1`, "<sip:c>"},
		"":                                  nil,
		`<sip:p1;lr>,<sip:p2;lr>`:           {"<sip:p1;lr>", "<sip:p2;lr>"},
	} {
		if diff := cmp.Diff(want, splitList(in)); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

func TestNameAddr(t *testing.T) {
	for in, want := range map[string]string{
		`"Bob \"B\"" <sip:bob@h:5070;transport=tcp>;tag=1;a`: `"Bob \"B\"" <sip:bob@h:5070;transport=tcp>;a;tag=1`,
		`sip:bob@h;tag=2`:              `<sip:bob@h>;tag=2`,
		`Bob <sip:[2001:db8::1]:5060>`: `"Bob" <sip:[2001:db8::1]:5060>`,
		`<tel:+15551234;ext=5>`:        `<tel:+15551234;ext=5>`,
	} {
		a, err := ParseNameAddr(in)
		if err != nil || a.String() != want {
			t.Errorf("%s: %s %v", in, a, err)
		}
	}
	if _, err := ParseNameAddr("<sip:x"); err == nil {
		t.Error("broken name-addr was read")
	}
}

func TestHeaderValues(t *testing.T) {
	req := NewRequest(OPTIONS, URI{Scheme: "sip", Host: "h"})
	req.AppendHeader(NewHeader("k", "timer, path"))
	req.AppendHeader(NewHeader("SUPPORTED", "gruu"))
	req.AppendHeader(NewHeader("c", "Application/CSTA+XML ;charset=x"))
	if diff := cmp.Diff([]string{"timer", "path", "gruu"}, ListValues(req, "Supported")); diff != "" {
		t.Error(diff)
	}
	if MediaType(req) != "application/csta+xml" || HeaderValue(req, "Subject") != "" {
		t.Error(MediaType(req))
	}
}

// TestNoHeaderInjection: no value can make a header line of its own.
func TestNoHeaderInjection(t *testing.T) {
	var w wire
	w.line("X", "a\r\nInjected: yes")
	w.header(NewHeader("Y", "b\nInjected: yes"))
	w.nameAddr(NameAddr{DisplayName: `x" <sip:evil>`, URI: URI{Scheme: "sip", Host: "h"}})
	if s := string(w.b); strings.Contains(s, "\nInjected") || !strings.Contains(s, `"x\" <sip:evil>" <sip:h>`) {
		t.Fatalf("%q", s)
	}
}

func TestFrameMessage(t *testing.T) {
	head := "INFO sip:x SIP/2.0\r\nContent-Length : 5\r\n\r\n"
	tests := []struct {
		in    string
		whole bool
		fault string
	}{
		{head + "hello", true, ""}, {head + "hell", false, ""}, {head[:20], false, ""}, {"\r", false, ""},
		{"{\"json\":1}", false, "garbage"}, {strings.Replace(head, "5", "-5", 1), false, "content_length"},
		{strings.Replace(head, "5", "0x5", 1), false, "content_length"}, {strings.Replace(head, "5", "99999", 1), false, "message_too_large"},
		{strings.Replace(head, "Content-Length ", "CONTENT-LENGTH", 1) + "hello", true, ""}, {strings.Replace(head, "Content-Length ", "l", 1) + "hello", true, ""},
	}
	for _, tt := range tests {
		scanned := 0
		f := frameMessage([]byte(tt.in), &scanned, 1000)
		if f.whole != tt.whole || f.fault != tt.fault {
			t.Errorf("%q: %+v", tt.in, f)
		}
	}
}

func TestViaListWithoutParameters(t *testing.T) {
	hs := start(t, Config{}, answering())
	p := dialPeer(t, hs.tcp)
	p.send(msg("OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/TCP first, SIP/2.0/TCP second:5070\nVia: SIP/2.0/UDP third;branch=z9hG4bKx\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: vias\nCSeq: 1 OPTIONS", ""))
	res := p.want("200")
	want := []string{"SIP/2.0/TCP first;received=127.0.0.1", "SIP/2.0/TCP second:5070", "SIP/2.0/UDP third;branch=z9hG4bKx"}
	if diff := cmp.Diff(want, res.headers["via"]); diff != "" {
		t.Fatal(diff)
	}
}
