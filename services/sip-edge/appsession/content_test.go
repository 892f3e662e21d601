// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"strings"
	"testing"

	"offhook.dev/services/sipstack"
)

func request(t *testing.T, contentType, body string, headers ...string) *sipstack.Request {
	t.Helper()
	uri, err := sipstack.ParseURI("sip:1001@example.test")
	if err != nil {
		t.Fatal(err)
	}
	req := sipstack.NewRequest(sipstack.INVITE, uri)
	if contentType != "" {
		req.AppendHeader(sipstack.NewHeader("Content-Type", contentType))
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.AppendHeader(sipstack.NewHeader(name, value))
	}
	req.SetBody([]byte(body))
	return req
}

func TestCSTABody(t *testing.T) {
	part := func(contentType, body string) string {
		return "--b\r\nContent-Type: " + contentType + "\r\n\r\n" + body + "\r\n"
	}
	tests := []struct {
		name, contentType, body string
		want                    string
		kind                    content
	}{
		{"csta", "application/csta+xml", "<x/>", "<x/>", contentCSTA},
		{"capitals and parameter", "Application/CSTA+XML ; charset=utf-8", "<x/>", "<x/>", contentCSTA},
		{"none", "application/csta+xml", " \r\n", "", contentNone},
		{"sdp", "application/sdp", "v=0", "", contentOther},
		{"no type", "", "<x/>", "", contentOther},
		{"multipart", "multipart/mixed;boundary=b", part("application/csta+xml", "<x/>") + "--b--", "<x/>", contentCSTA},
		{"multipart, quoted", `multipart/mixed; boundary="b"`, part("text/plain", "hi") + part("application/CSTA+xml", "<x/>") + "--b--", "<x/>", contentCSTA},
		{"multipart with sdp", "multipart/mixed;boundary=b", part("application/csta+xml", "<x/>") + part("application/sdp", "v=0") + "--b--", "", contentOther},
		{"two csta parts", "multipart/mixed;boundary=b", part("application/csta+xml", "<x/>") + part("application/csta+xml", "<y/>") + "--b--", "", contentOther},
		{"no csta part", "multipart/mixed;boundary=b", part("text/plain", "hi") + "--b--", "", contentOther},
		{"no boundary", "multipart/mixed", "x", "", contentOther},
		{"cut off", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/csta+xml\r\n\r\n<x", "", contentOther},
		{"too many parts", "multipart/mixed;boundary=b", strings.Repeat(part("text/plain", "hi"), 20) + part("application/csta+xml", "<x/>") + "--b--", "", contentOther},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body, kind := cstaBody(request(t, test.contentType, test.body), 1000)
			if string(body) != test.want || kind != test.kind {
				t.Errorf("cstaBody = %q, %d; want %q, %d", body, kind, test.want, test.kind)
			}
		})
	}
}

func TestIsCSTA(t *testing.T) {
	for contentType, want := range map[string]bool{
		"application/csta+xml": true, "APPLICATION/CSTA+XML;x=y": true, "application/sdp": false, "": false, "multipart/mixed": false,
	} {
		if got := IsCSTA(request(t, contentType, ""), 100); got != want {
			t.Errorf("IsCSTA(%q) = %t, want %t", contentType, got, want)
		}
	}
}

func FuzzCSTABody(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/csta+xml\r\n\r\n<x/>\r\n--b--")
	f.Add("application/csta+xml", "<x/>")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		got, kind := cstaBody(request(t, contentType, body), 100)
		if (kind == contentCSTA) != (len(got) > 0) || !strings.Contains(body, string(got)) {
			t.Fatalf("cstaBody = %q, %d", got, kind)
		}
	})
}
