// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Methods of RFC 3261 and its extensions.
const (
	INVITE    = sip.INVITE
	ACK       = sip.ACK
	CANCEL    = sip.CANCEL
	BYE       = sip.BYE
	REGISTER  = sip.REGISTER
	OPTIONS   = sip.OPTIONS
	SUBSCRIBE = sip.SUBSCRIBE
	NOTIFY    = sip.NOTIFY
	REFER     = sip.REFER
	INFO      = sip.INFO
	MESSAGE   = sip.MESSAGE
	PRACK     = sip.PRACK
	UPDATE    = sip.UPDATE
	PUBLISH   = sip.PUBLISH
)

// localMark is put in a response that the endpoint made itself.
const localMark = "offhook-local"

// IsLocal tells a response made by the endpoint itself (408 at a time-out, 503
// at a transport fault, 487 where a 2xx crossed our CANCEL) from one received.
func IsLocal(res *Response) bool { return res != nil && res.Destination() == localMark }

// NewRequest makes a request without headers.
func NewRequest(method RequestMethod, uri URI) *Request { return sip.NewRequest(method, uri) }

// NewResponse makes the response to req that a proxy or a test sends by
// RespondWith or SendStateless: its Via, From, To, Call-ID and CSeq are copied.
// toTag is added to a To without tag; "" adds none.
func NewResponse(req *Request, code int, reason, toTag string) *Response {
	if reason == "" {
		reason = ReasonPhrase(code)
	}
	res := sip.NewResponse(code, reason)
	for _, h := range req.Headers() {
		switch h := h.(type) {
		case *sip.ViaHeader, *sip.FromHeader, *sip.CallIDHeader, *sip.CSeqHeader:
			res.AppendHeader(sip.HeaderClone(h))
		case *sip.ToHeader:
			to := sip.HeaderClone(h).(*sip.ToHeader)
			if _, has := to.Params.Get("tag"); !has && toTag != "" {
				to.Params.Add("tag", toTag)
			}
			res.AppendHeader(to)
		}
	}
	return res
}

// StripVia is a copy of res without its topmost Via: what a proxy sends on.
func StripVia(res *Response) *Response {
	out := res.Clone()
	out.SetDestination("")
	out.RemoveHeader("Via")
	return out
}

// NewHeader makes a header of a name and a value.
func NewHeader(name, value string) Header { return sip.NewHeader(name, value) }

// ParseURI reads a SIP or SIPS URI, or any other whose scheme-specific part is
// then in URI.Raw.
func ParseURI(s string) (URI, error) {
	var uri URI
	if err := sip.ParseUri(s, &uri); err != nil {
		return URI{}, fmt.Errorf("parse uri: %w", err)
	}
	return uri, nil
}

// ParseNameAddr reads a name-addr or addr-spec with header parameters.
func ParseNameAddr(s string) (NameAddr, error) {
	var a NameAddr
	var params sip.HeaderParams
	name, err := sip.ParseAddressValue(s, &a.URI, &params)
	if err != nil {
		return NameAddr{}, fmt.Errorf("parse name-addr: %w", err)
	}
	a.DisplayName = name
	if len(params) > 0 {
		a.Params = params.Items()
	}
	return a, nil
}

// String writes the name-addr with its parameters in alphabetical order.
func (a NameAddr) String() string {
	var w wire
	w.nameAddr(a)
	return string(w.b)
}

func (w *wire) nameAddr(a NameAddr) {
	if a.DisplayName != "" {
		w.str(`"`)
		w.quoted(a.DisplayName)
		w.str(`" `)
	}
	w.str("<")
	a.URI.StringWrite(w)
	w.str(">")
	for _, k := range slices.Sorted(maps.Keys(a.Params)) {
		w.str(";", k)
		if v := a.Params[k]; v != "" {
			w.str("=", v)
		}
	}
}

// quoted writes the inside of a quoted-string. The parser leaves escapes of a
// received name as they are, so a valid pair is kept.
func (w *wire) quoted(s string) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			w.b = append(w.b, s[i], s[i+1])
			i++
		case s[i] == '"' || s[i] == '\\':
			w.b = append(w.b, '\\', s[i])
		default:
			w.b = append(w.b, s[i])
		}
	}
}

// compactName is the one-letter form of a header (RFC 3261 7.3.3).
func compactName(name string) string {
	switch strings.ToLower(name) {
	case "call-id":
		return "i"
	case "contact":
		return "m"
	case "content-encoding":
		return "e"
	case "content-length":
		return "l"
	case "content-type":
		return "c"
	case "from":
		return "f"
	case "subject":
		return "s"
	case "supported":
		return "k"
	case "to":
		return "t"
	case "via":
		return "v"
	case "event":
		return "o"
	case "allow-events":
		return "u"
	case "refer-to":
		return "r"
	case "referred-by":
		return "b"
	case "session-expires":
		return "x"
	}
	return ""
}

func headerIs(h Header, name, compact string) bool {
	n := h.Name()
	return len(n) == len(name) && strings.EqualFold(n, name) || len(n) == 1 && strings.EqualFold(n, compact)
}

func headersOf(msg any) []Header {
	switch m := msg.(type) {
	case *Request:
		if m != nil {
			return m.Headers()
		}
	case *Response:
		if m != nil {
			return m.Headers()
		}
	}
	return nil
}

// HeaderValue is the value of the first header of that name in a *Request or
// *Response, in any case or compact form, or "".
func HeaderValue(msg any, name string) string {
	compact := compactName(name)
	for _, h := range headersOf(msg) {
		if headerIs(h, name, compact) {
			return h.Value()
		}
	}
	return ""
}

// HeaderValues are the values of all headers of that name, in order. A header
// field that lists several values is one value here; see ListValues.
func HeaderValues(msg any, name string) []string {
	compact := compactName(name)
	var out []string
	for _, h := range headersOf(msg) {
		if headerIs(h, name, compact) {
			out = append(out, h.Value())
		}
	}
	return out
}

// ListValues are the comma-separated values of all headers of that name:
// Supported, Require, Allow, Record-Route, Path.
func ListValues(msg any, name string) []string {
	var out []string
	for _, v := range HeaderValues(msg, name) {
		out = append(out, splitList(v)...)
	}
	return out
}

// splitList splits at commas that are neither quoted nor in angle brackets.
func splitList(v string) []string {
	var out []string
	start, quoted, angle := 0, false, false
	for i := 0; i <= len(v); i++ {
		if i < len(v) {
			switch c := v[i]; {
			case c == '\\' && quoted:
				i++
				continue
			case c == '"':
				quoted = !quoted
			case c == '<' && !quoted:
				angle = true
			case c == '>' && !quoted:
				angle = false
			}
			if v[i] != ',' || quoted || angle {
				continue
			}
		}
		if s := strings.TrimSpace(v[start:min(i, len(v))]); s != "" {
			out = append(out, s)
		}
		start = i + 1
	}
	return out
}

// MediaType is the message's Content-Type in lower case without parameters.
func MediaType(msg any) string {
	v, _, _ := strings.Cut(HeaderValue(msg, "Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(v))
}

// param is the value of a parameter whose name may be in any case.
func param(params sip.HeaderParams, key string) (string, bool) {
	for _, kv := range params {
		if kv.K == key || strings.EqualFold(kv.K, key) {
			return kv.V, true
		}
	}
	return "", false
}

func tagOf(params sip.HeaderParams) string {
	tag, _ := param(params, "tag")
	return tag
}

func seconds(s string) (int, bool) {
	s, _, _ = strings.Cut(s, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	return int(n), err == nil
}
