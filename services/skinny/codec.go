// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"encoding/binary"
	"net/netip"
)

// codec reads a payload into a message, or writes it from one: each message
// says its layout once, for both.
type codec struct {
	dialect Dialect
	reading bool
	// payload is what is read, or what is appended to; base is where the payload
	// begins in it, at what has been read of it.
	payload  []byte
	base, at int
}

// next gives the next n bytes to read, or nil and moves on where there are
// fewer.
func (c *codec) next(n int) []byte {
	if len(c.payload)-c.at < n {
		c.at = len(c.payload)
		return nil
	}
	b := c.payload[c.at : c.at+n]
	c.at += n
	return b
}

// left is how many bytes there are still to read.
func (c *codec) left() int { return len(c.payload) - c.at }

func word[T ~uint32](c *codec, value *T) {
	if !c.reading {
		c.payload = binary.LittleEndian.AppendUint32(c.payload, uint32(*value))
		return
	}
	*value = 0
	if b := c.next(4); b != nil {
		*value = T(binary.LittleEndian.Uint32(b))
	}
}

func half[T ~uint16](c *codec, value *T) {
	if !c.reading {
		c.payload = binary.LittleEndian.AppendUint16(c.payload, uint16(*value))
		return
	}
	*value = 0
	if b := c.next(2); b != nil {
		*value = T(binary.LittleEndian.Uint16(b))
	}
}

func octet[T ~uint8](c *codec, value *T) {
	if !c.reading {
		c.payload = append(c.payload, uint8(*value))
		return
	}
	*value = 0
	if b := c.next(1); b != nil {
		*value = T(b[0])
	}
}

// flag is a word that is 0 or 1.
func (c *codec) flag(value *bool) {
	var w uint32
	if *value {
		w = 1
	}
	word(c, &w)
	*value = w != 0
}

// zero is n bytes that nobody needs.
func (c *codec) zero(n int) {
	if c.reading {
		c.next(n)
		return
	}
	for range n {
		c.payload = append(c.payload, 0)
	}
}

// count is a word that says how many entries follow, at most limit.
func (c *codec) count(n, limit int) int {
	w := uint32(min(n, limit))
	word(c, &w)
	return int(min(w, uint32(limit)))
}

// port is a UDP port as a word.
func (c *codec) port(port *uint16) {
	w := uint32(*port)
	word(c, &w)
	*port = uint16(w)
}

// ipv4 is an address as four bytes in network order.
func (c *codec) ipv4(address *netip.Addr) {
	if !c.reading {
		var b [4]byte
		if a := address.Unmap(); a.Is4() {
			b = a.As4()
		}
		c.payload = append(c.payload, b[:]...)
		return
	}
	*address = netip.Addr{}
	if b := c.next(4); b != nil {
		*address = netip.AddrFrom4([4]byte(b))
	}
}

// kinds of addresses since version 17.
const (
	kindIPv4 uint32 = 0
	kindIPv6 uint32 = 1
)

// anyAddress is an address with its kind in 16 bytes.
func (c *codec) anyAddress(address *netip.Addr) {
	kind := kindIPv4
	if a := address.Unmap(); a.IsValid() && !a.Is4() {
		kind = kindIPv6
	}
	word(c, &kind)
	switch {
	case kind != kindIPv6:
		c.ipv4(address)
		c.zero(12)
	case !c.reading:
		b := address.As16()
		c.payload = append(c.payload, b[:]...)
	default:
		*address = netip.Addr{}
		if b := c.next(16); b != nil {
			*address = netip.AddrFrom16([16]byte(b))
		}
	}
}

// address is an address as the version has it.
func (c *codec) address(address *netip.Addr) {
	if c.dialect.Version >= versionAddresses {
		c.anyAddress(address)
		return
	}
	c.ipv4(address)
}

// numberSize is how many bytes a directory number takes.
func (c *codec) numberSize() int {
	if c.dialect.Version >= versionNumbers {
		return 25
	}
	return 24
}
