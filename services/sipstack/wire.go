// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// wire is a buffer that messages are written into.
type wire struct{ b []byte }

// WriteString appends; it never fails (io.StringWriter).
func (w *wire) WriteString(s string) (int, error) {
	w.b = append(w.b, s...)
	return len(s), nil
}

func (w *wire) str(s ...string) {
	for _, part := range s {
		w.b = append(w.b, part...)
	}
}

func (w *wire) num(n int) { w.b = strconv.AppendInt(w.b, int64(n), 10) }

// line writes "name: value CRLF". A line break inside value would let its
// maker forge headers: it becomes a blank.
func (w *wire) line(name, value string) {
	w.str(name, ": ")
	w.safe(value)
	w.str("\r\n")
}

func (w *wire) safe(value string) {
	if strings.IndexByte(value, '\r') < 0 && strings.IndexByte(value, '\n') < 0 {
		w.str(value)
		return
	}
	for i := range len(value) {
		c := value[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		w.b = append(w.b, c)
	}
}

// header writes one header as it is.
func (w *wire) header(h Header) {
	if via, ok := h.(*sip.ViaHeader); ok {
		w.via(via)
		return
	}
	start := len(w.b)
	h.StringWrite(w)
	if bytes.IndexByte(w.b[start:], '\r') >= 0 || bytes.IndexByte(w.b[start:], '\n') >= 0 {
		for i := start; i < len(w.b); i++ {
			if w.b[i] == '\r' || w.b[i] == '\n' {
				w.b[i] = ' '
			}
		}
	}
	w.str("\r\n")
}

func (w *wire) via(v *sip.ViaHeader) {
	w.str("Via: ", v.ProtocolName, "/", v.ProtocolVersion, "/", v.Transport, " ")
	w.host(v.Host)
	if v.Port > 0 {
		w.str(":")
		w.num(v.Port)
	}
	for _, p := range v.Params {
		w.str(";", p.K)
		if p.V != "" {
			w.str("=", p.V)
		}
	}
	w.str("\r\n")
}

func (w *wire) host(h string) {
	if strings.IndexByte(h, ':') >= 0 && !strings.HasPrefix(h, "[") {
		w.str("[", h, "]")
		return
	}
	w.str(h)
}

// end writes Content-Length, the empty line and the body.
func (w *wire) end(body []byte) {
	w.str("Content-Length: ")
	w.num(len(body))
	w.str("\r\n\r\n")
	w.b = append(w.b, body...)
}

// request writes a whole request; via, where not nil, goes on top.
func (w *wire) request(req *Request, via *sip.ViaHeader) {
	req.StartLineWrite(w)
	w.str("\r\n")
	if via != nil {
		w.via(via)
	}
	w.headers(req.Headers())
	w.end(req.Body())
}

// response writes a whole response; vias, where not nil, replace its own.
func (w *wire) response(res *Response, vias []*sip.ViaHeader) {
	w.statusLine(res.StatusCode, res.Reason)
	for _, via := range vias {
		w.via(via)
	}
	if vias == nil {
		w.headers(res.Headers())
	} else {
		for _, h := range res.Headers() {
			if _, isVia := h.(*sip.ViaHeader); !isVia {
				w.plain(h)
			}
		}
	}
	w.end(res.Body())
}

func (w *wire) statusLine(code int, reason string) {
	w.str("SIP/2.0 ")
	w.num(code)
	w.str(" ")
	w.safe(reason)
	w.str("\r\n")
}

func (w *wire) headers(hs []Header) {
	for _, h := range hs {
		w.plain(h)
	}
}

// plain writes a header unless it is Content-Length, which end writes.
func (w *wire) plain(h Header) {
	if _, isLength := h.(*sip.ContentLengthHeader); isLength || isContentLength(h.Name()) {
		return
	}
	w.header(h)
}

func isContentLength(name string) bool {
	return len(name) == 14 && strings.EqualFold(name, "Content-Length") || name == "l" || name == "L"
}

const wireKept = 16 << 10 // buffers that grew over this are left to the collector

// wires is a pool of buffers, one per endpoint.
type wires struct{ pool sync.Pool }

func (p *wires) get() *wire {
	if w, ok := p.pool.Get().(*wire); ok {
		return w
	}
	return &wire{b: make([]byte, 0, 2048)}
}

func (p *wires) put(w *wire) {
	if cap(w.b) > wireKept {
		return
	}
	w.b = w.b[:0]
	p.pool.Put(w)
}

// bytes runs write into a pooled buffer and returns an exact copy.
func (p *wires) bytes(write func(w *wire)) []byte {
	w := p.get()
	write(w)
	b := slices.Clone(w.b)
	p.put(w)
	return b
}
