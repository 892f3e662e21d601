// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"bytes"
	"unicode/utf8"
)

// phraseMark begins a Phrase in a text.
const phraseMark = 0x80

// text is a field of n bytes; what is too long is cut off, the last byte is
// zero.
func (c *codec) text(value *string, n int) {
	if c.reading {
		b := c.next(min(n, c.left()))
		if end := bytes.IndexByte(b, 0); end >= 0 {
			b = b[:end]
		}
		*value = decodeText(b, c.dialect.UTF8)
		return
	}
	start := len(c.payload)
	c.payload = appendText(c.payload, *value, n-1, c.dialect.UTF8)
	c.zero(n - (len(c.payload) - start))
}

// dynamic is a text that ends with a zero; what is beyond limit bytes is cut
// off.
func (c *codec) dynamic(value *string, limit int) {
	if !c.reading {
		c.payload = appendText(c.payload, *value, limit, c.dialect.UTF8)
		c.payload = append(c.payload, 0)
		return
	}
	rest := c.payload[c.at:]
	end := bytes.IndexByte(rest, 0)
	if end < 0 {
		end = len(rest)
	}
	*value = decodeText(rest[:min(end, limit)], c.dialect.UTF8)
	c.at = min(c.at+end+1, len(c.payload))
}

// appendText appends at most n bytes of a text, whole characters only.
func appendText(dst []byte, text string, n int, utf bool) []byte {
	end := len(dst) + n
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		var written [utf8.UTFMax]byte
		piece := written[:0]
		switch {
		case r == 0:
			return dst
		case r == utf8.RuneError && size == 1 && text[0] == phraseMark && len(text) > 1 && text[1] != 0:
			piece, size = append(piece, text[0], text[1]), 2
		case r == utf8.RuneError && size == 1:
			piece = append(piece, '?')
		case utf:
			piece = append(piece, text[:size]...)
		case r > 0xff:
			piece = append(piece, '?')
		default:
			piece = append(piece, byte(r))
		}
		if len(dst)+len(piece) > end {
			return dst
		}
		dst = append(dst, piece...)
		text = text[size:]
	}
	return dst
}

// decodeText gives a text as UTF-8, with phrases as they are.
func decodeText(b []byte, utf bool) string {
	plain := true
	for _, octet := range b {
		plain = plain && octet < 0x80
	}
	if plain {
		return string(b)
	}
	text := make([]byte, 0, 2*len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case b[0] == phraseMark && len(b) > 1 && b[1] < 0x80:
			text = append(text, b[0], b[1])
			b = b[2:]
			continue
		case utf && r != utf8.RuneError:
			text = append(text, b[:size]...)
			b = b[size:]
			continue
		case utf:
			text = append(text, '?')
		default:
			text = utf8.AppendRune(text, rune(b[0]))
		}
		b = b[1:]
	}
	return string(text)
}
