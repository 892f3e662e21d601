// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bytes"
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// newParser makes sipgo's parser lenient: a header it cannot read stays as
// text, so that the request can still be answered with 400.
func newParser(limit int) *sip.Parser {
	parsers := maps.Clone(sip.DefaultHeadersParser())
	for name, parse := range parsers {
		parsers[name] = func(field []byte, text string) (Header, error) {
			h, err := parse(field, text)
			if err != nil && err.Error() != "comma detected" { // its way to tell of a list
				return sip.NewHeader(string(field), text), nil
			}
			return h, err
		}
	}
	p := sip.NewParser(sip.WithHeadersParsers(parsers))
	p.MaxMessageLength = limit
	return p
}

var errNotSIP = errors.New("not a sip message")

// parseHead reads the start line and headers. A request whose Request-URI
// cannot be read is read with a made-up one and badURI set.
func (e *Endpoint) parseHead(b []byte) (msg sip.Message, badURI bool, err error) {
	msg, _, err = e.parser.ParseHeaders(b, true)
	if err == nil || msg != nil {
		return msg, false, err
	}
	lineEnd := bytes.Index(b, []byte("\r\n"))
	if lineEnd < 0 {
		return nil, false, err
	}
	line := b[:lineEnd]
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first <= 0 || last <= first || !bytes.HasPrefix(bytes.ToUpper(line[last+1:]), []byte("SIP/")) || bytes.HasPrefix(line, []byte("SIP/")) {
		return nil, false, errNotSIP
	}
	fixed := slices.Concat(line[:first], []byte(" sip:invalid.invalid "), line[last+1:], b[lineEnd:])
	msg, _, err = e.parser.ParseHeaders(fixed, true)
	return msg, true, err
}

// check tells what is wrong with the headers that every message must have
// (RFC 3261 8.1.1 and 8.2): "" where nothing is.
func check(headers []Header) string {
	var vias, froms, tos, ids, seqs int
	for _, h := range headers {
		switch h := h.(type) {
		case *sip.ViaHeader:
			vias++
			if h.Host == "" {
				return "Bad Via"
			}
		case *sip.FromHeader:
			froms++
		case *sip.ToHeader:
			tos++
		case *sip.CallIDHeader:
			ids++
		case *sip.CSeqHeader:
			seqs++
			h.MethodName = RequestMethod(strings.TrimSpace(string(h.MethodName)))
		case *sip.ContactHeader, *sip.RouteHeader, *sip.RecordRouteHeader, *sip.MaxForwardsHeader,
			*sip.ContentLengthHeader, *sip.ContentTypeHeader, *sip.ReferToHeader, *sip.ReferredByHeader:
		default:
			if name := malformed(h.Name()); name != "" {
				return "Bad " + name
			}
		}
	}
	switch {
	case vias == 0:
		return "Missing Via"
	case froms != 1:
		return missing("From", froms)
	case tos != 1:
		return missing("To", tos)
	case ids != 1:
		return missing("Call-ID", ids)
	case seqs != 1:
		return missing("CSeq", seqs)
	}
	return ""
}

func missing(name string, n int) string {
	if n == 0 {
		return "Missing " + name
	}
	return "More Than One " + name
}

// malformed names a header that is only left as text when it could not be read.
func malformed(name string) string {
	switch strings.ToLower(name) {
	case "via", "v":
		return "Via"
	case "from", "f":
		return "From"
	case "to", "t":
		return "To"
	case "call-id", "i":
		return "Call-ID"
	case "cseq":
		return "CSeq"
	case "max-forwards":
		return "Max-Forwards"
	case "content-length", "l":
		return "Content-Length"
	case "contact", "m":
		return "Contact"
	case "route":
		return "Route"
	case "record-route":
		return "Record-Route"
	}
	return ""
}

// splitVias gives each value of a Via list that sipgo left in one header (it
// splits only where the first value has parameters) a header of its own.
func splitVias(msg sip.Message, headers []Header) {
	for _, h := range headers {
		via, ok := h.(*sip.ViaHeader)
		if !ok || strings.IndexByte(via.Host, ',') < 0 {
			continue
		}
		if req, isReq := msg.(*Request); isReq {
			rebuildVias(req.Headers(), func() { clearHeaders(&req.MessageData) }, req.AppendHeader)
		}
		return
	}
}

func clearHeaders(m *sip.MessageData) {
	for _, h := range slices.Clone(m.Headers()) {
		m.RemoveHeader(h.Name())
	}
}

func rebuildVias(old []Header, clearAll func(), add func(Header)) {
	old = slices.Clone(old)
	clearAll()
	for _, h := range old {
		via, ok := h.(*sip.ViaHeader)
		if !ok || strings.IndexByte(via.Host, ',') < 0 {
			add(h)
			continue
		}
		for value := range strings.SplitSeq(via.Value(), ",") {
			add(parseVia(strings.TrimSpace(value)))
		}
	}
}

func parseVia(value string) *sip.ViaHeader {
	h, err := sip.DefaultHeadersParser()["via"](nil, value)
	if via, ok := h.(*sip.ViaHeader); ok && err == nil {
		return via
	}
	return &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP"}
}

// markReceived writes received and rport into the topmost Via (RFC 3261
// 18.2.1, RFC 3581 4).
func markReceived(via *sip.ViaHeader, h hop) {
	remote := h.remote()
	rport, asked := param(via.Params, "rport")
	if asked && rport == "" {
		via.Params.Add("rport", strconv.Itoa(int(remote.Port())))
		via.Params.Add("received", remote.Addr().String())
		return
	}
	if ip := remote.Addr().String(); ip != strings.Trim(via.Host, "[]") {
		via.Params.Add("received", ip)
	}
}

func joinHostPort(host string, port int) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
}
