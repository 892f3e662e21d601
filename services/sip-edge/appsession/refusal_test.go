// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/sipstack"
)

func TestRefusals(t *testing.T) {
	for code, want := range map[codes.Code]int{
		codes.NotFound: 404, codes.PermissionDenied: 403, codes.InvalidArgument: 400, codes.ResourceExhausted: 503,
		codes.Unavailable: 503, codes.DeadlineExceeded: 503, codes.Unimplemented: 501, codes.FailedPrecondition: 480, codes.Internal: 500,
	} {
		err := status.Error(code, "text")
		if got := openRefusal(err); got.code != want {
			t.Errorf("open: %s gives %d, want %d", code, got.code, want)
		}
		if code == codes.NotFound {
			want = 481
		}
		if got := dialogRefusal(err); got.code != want {
			t.Errorf("in a dialog: %s gives %d, want %d", code, got.code, want)
		}
	}
	if got := openRefusal(errors.New("inner")); got.code != 500 || strings.Contains(got.warning, "inner") {
		t.Errorf("an error without status gives %+v", got)
	}
}

func TestWarningAndReasonAreHarmless(t *testing.T) {
	if got, want := warningValue("no \"line\"\r\nVia: x \\"), `399 offhook "no 'line'  Via: x '"`; got != want {
		t.Errorf("warningValue = %q, want %q", got, want)
	}
	if got := warningValue(strings.Repeat("ä", 300)); len(got) > maxWarning+20 || !strings.HasSuffix(got, `ä"`) {
		t.Errorf("warningValue of a long text = %q", got)
	}
	for text, want := range map[string]string{
		"expired":                         `SIP;cause=480;text="expired"`,
		"a \"b\"\r\nVia: x":               `SIP;cause=480;text="a 'b'Via: x"`,
		`SIP;cause=200;text="done"`:       `SIP;cause=200;text="done"`,
		"SIP;cause=200\r\nX: y":           "SIP;cause=200X: y",
		"Q.850;cause=16;text=\"cleared\"": "Q.850;cause=16;text=\"cleared\"",
		"HTTP;cause=200":                  `SIP;cause=480;text="HTTP;cause=200"`,
	} {
		if got := reasonValue(text); got != want {
			t.Errorf("reasonValue(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFlowText(t *testing.T) {
	flow := sipstack.Flow{Network: "tcp", Local: "[::1]:5060", Remote: "192.0.2.1:40000"}
	if got, ok := readFlow(writeFlow(flow)); !ok || got != flow {
		t.Errorf("readFlow = %+v, %t", got, ok)
	}
	if _, ok := readFlow("tcp"); ok {
		t.Error("a flow without addresses was read")
	}
}
