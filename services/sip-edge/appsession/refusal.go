// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/sipstack"
)

// refusal is a SIP failure that a person can act on.
type refusal struct {
	code       int
	warning    string
	retryAfter time.Duration
	headers    []sipstack.Header
}

const retryAfter = 5 * time.Second

// openRefusal is the SIP answer to an INVITE that csta-session refused. What
// csta-session says about the request is passed on, what it says about itself
// is not.
func openRefusal(err error) refusal {
	said := status.Convert(err)
	switch said.Code() {
	case codes.NotFound:
		return refusal{code: 404, warning: said.Message()}
	case codes.PermissionDenied, codes.Unauthenticated:
		return refusal{code: 403, warning: said.Message()}
	case codes.InvalidArgument:
		return refusal{code: 400, warning: said.Message()}
	case codes.ResourceExhausted:
		return refusal{code: 503, warning: said.Message(), retryAfter: retryAfter}
	case codes.FailedPrecondition:
		return refusal{code: 480, warning: said.Message()}
	case codes.Unimplemented:
		return refusal{code: 501, warning: "the CSTA service does not do this"}
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted:
		return refusal{code: 503, warning: "the CSTA service is not available, try again", retryAfter: retryAfter}
	default:
		return refusal{code: 500, warning: "the CSTA service failed"}
	}
}

// dialogRefusal is the SIP answer to a request in a dialog: the session is
// known, so NotFound means that it has ended meanwhile.
func dialogRefusal(err error) refusal {
	if status.Code(err) == codes.NotFound {
		return refusal{code: 481, warning: "the CSTA session has ended"}
	}
	return openRefusal(err)
}

func (r refusal) respond(tx *sipstack.ServerTx) {
	headers := r.headers
	if r.warning != "" {
		headers = append(headers, sipstack.NewHeader("Warning", warningValue(r.warning)))
	}
	if r.retryAfter > 0 {
		headers = append(headers, sipstack.NewHeader("Retry-After", strconv.Itoa(int(r.retryAfter/time.Second))))
	}
	// A client that is gone, or cancelled, needs no answer.
	_ = tx.Respond(r.code, "", sipstack.WithHeader(headers...))
}

const maxWarning = 200

// warningValue is a Warning (RFC 3261 20.43) with the text made harmless.
func warningValue(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < ' ' || r == 0x7f:
			return ' '
		default:
			return r
		}
	}, text)
	if len(clean) > maxWarning {
		clean = strings.ToValidUTF8(clean[:maxWarning], "")
	}
	return `399 offhook "` + clean + `"`
}
