// SPDX-License-Identifier: Apache-2.0

package media

import (
	"bytes"
	"fmt"
)

// Origin is our o= line towards one leg. The descriptions that a leg is given
// come from different parties (the phone at the other end, ourselves on hold),
// but within one dialog the origin must stay and its version grow by one with
// every change (RFC 3264 8). The zero value is not ready: use NewOrigin. It is
// not safe for concurrent use.
type Origin struct {
	id      uint64
	version uint64
	address string
	last    []byte
}

// NewOrigin gives the origin of one leg: a session id and our address, an IPv4
// or IPv6 literal.
func NewOrigin(id uint64, address string) *Origin {
	return &Origin{id: id, address: address}
}

// ResumeOrigin goes on with an origin that another process began, after the
// version that it gave last.
func ResumeOrigin(id, version uint64, address string) *Origin {
	return &Origin{id: id, version: version, address: address}
}

// State is the session id and the version given last.
func (o *Origin) State() (id, version uint64) { return o.id, o.version }

// Stamp puts the origin in place of the description's o= line and leaves all
// other bytes alone. A description without o= line is given back as it is.
func (o *Origin) Stamp(body []byte) []byte {
	start, end, ok := originLine(body)
	if !ok {
		return body
	}
	rest := append(bytes.Clone(body[:start]), body[end:]...)
	if !bytes.Equal(rest, o.last) {
		o.version++
		o.last = rest
	}
	line := fmt.Appendf(nil, "o=- %d %d IN %s %s", o.id, o.version, addressType(o.address), o.address)
	stamped := make([]byte, 0, len(body)+len(line))
	stamped = append(stamped, body[:start]...)
	stamped = append(stamped, line...)
	return append(stamped, body[end:]...)
}

// originLine finds the o= line without its line end.
func originLine(body []byte) (start, end int, ok bool) {
	for start < len(body) {
		length := bytes.IndexByte(body[start:], '\n')
		if length < 0 {
			length = len(body) - start
		}
		if bytes.HasPrefix(body[start:], []byte("o=")) {
			line := bytes.TrimRight(body[start:start+length], "\r")
			return start, start + len(line), true
		}
		start += length + 1
	}
	return 0, 0, false
}

func addressType(address string) string {
	if bytes.ContainsRune([]byte(address), ':') {
		return "IP6"
	}
	return "IP4"
}
