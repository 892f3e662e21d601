// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"testing"
	"time"

	"offhook.dev/services/sipstack"
)

func TestAsksAutoAnswer(t *testing.T) {
	tests := []struct {
		name, value string
		want        bool
	}{
		{"Call-Info", "<sip:pbx>;answer-after=0", true},
		{"Call-Info", "<sip:pbx>; Answer-After=0", true},
		{"Call-Info", "<sip:pbx>;answer-after=10", false},
		{"Alert-Info", "<http://x>;info=alert-autoanswer;delay=0", true},
		{"Alert-Info", "<http://x>;info=ring", false},
		{"Answer-Mode", "Auto", true},
		{"Answer-Mode", "auto;require", true},
		{"Answer-Mode", "Manual", false},
		{"Subject", "answer-after=0", false},
	}
	for _, test := range tests {
		request := sipstack.NewRequest("INVITE", sipstack.URI{Host: "127.0.0.1"})
		request.AppendHeader(sipstack.NewHeader(test.name, test.value))
		if got := asksAutoAnswer(request); got != test.want {
			t.Errorf("%s: %s: %v", test.name, test.value, got)
		}
	}
}

func TestGranted(t *testing.T) {
	own, err := sipstack.ParseURI("sip:1001@127.0.0.1:4000")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		contact, expires string
		want             time.Duration
	}{
		{"<sip:1001@127.0.0.1:4000>;expires=30", "60", 30 * time.Second},
		{"<sip:1001@127.0.0.1:5000>;expires=5, <sip:1001@127.0.0.1:4000;transport=udp>;expires=30", "", 30 * time.Second},
		{"<sip:1001@127.0.0.1:5000>;expires=5", "60", time.Minute},
		{"<sip:1001@127.0.0.1:4000>", "60", time.Minute},
		{"<sip:1001@127.0.0.1:4000>;expires=x", "", 2 * time.Minute},
		{"<sip:1001@127.0.0.1:4000>;expires=0", "0", 2 * time.Minute},
	}
	for _, test := range tests {
		request := sipstack.NewRequest("REGISTER", own)
		response := sipstack.NewResponse(request, 200, "", "")
		response.AppendHeader(sipstack.NewHeader("Contact", test.contact))
		if test.expires != "" {
			response.AppendHeader(sipstack.NewHeader("Expires", test.expires))
		}
		if got := granted(response, own, 2*time.Minute); got != test.want {
			t.Errorf("Contact %s, Expires %q: %s, want %s", test.contact, test.expires, got, test.want)
		}
	}
}
