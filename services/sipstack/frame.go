// SPDX-License-Identifier: Apache-2.0

package sipstack

import "bytes"

// frame is where a message of a stream ends (RFC 3261 18.3).
type frame struct {
	whole      bool
	head, body int // bytes
	fault      string
}

const maxHeadBytes = 32 << 10 // start line and headers

// leadingCRLF counts the bytes of line ends before a message (RFC 3261 7.5)
// and the double ones among them, which are keep-alive pings (RFC 5626 3.5.1).
// A lone CR or CRLF at the end is left until more comes.
func leadingCRLF(b []byte) (skip, pings int) {
	for len(b) >= skip+2 && b[skip] == '\r' && b[skip+1] == '\n' {
		if len(b) >= skip+4 && b[skip+2] == '\r' && b[skip+3] == '\n' {
			skip += 4
			pings++
			continue
		}
		skip += 2
	}
	return skip, pings
}

// frameMessage finds the first message in b. scanned remembers between calls
// how far the end of the headers was looked for.
func frameMessage(b []byte, scanned *int, limit int) frame {
	from := max(*scanned-3, 0)
	end := -1
	if from < len(b) {
		end = bytes.Index(b[from:], []byte("\r\n\r\n"))
	}
	if end < 0 {
		*scanned = len(b)
		if len(b) > min(maxHeadBytes, limit) {
			return frame{fault: "header_too_large"}
		}
		if !startsMessage(b) && string(b) != "\r" {
			return frame{fault: "garbage"}
		}
		return frame{}
	}
	head := from + end + 4
	*scanned = max(head-4, 0)
	if head > min(maxHeadBytes, limit) {
		return frame{head: head, fault: "header_too_large"}
	}
	if !startsMessage(b) {
		return frame{head: head, fault: "garbage"}
	}
	length, fault := contentLength(b[:head])
	switch {
	case fault != "":
		return frame{head: head, fault: fault}
	case length > limit-head:
		return frame{head: head, fault: "message_too_large"}
	}
	return frame{whole: len(b) >= head+length, head: head, body: length}
}

// startsMessage tells whether b may be the start of a SIP message: a method or
// "SIP/". It sees what is not SIP at all before 32 kB of it have come.
func startsMessage(b []byte) bool {
	const longest = 32
	for i, c := range b {
		switch {
		case c == ' ':
			return i > 0
		case i >= longest || !tokenByte(c) && c != '/':
			return false
		}
	}
	return true
}

func tokenByte(c byte) bool {
	switch {
	case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return true
	}
	return bytes.IndexByte([]byte("-.!%*_+`'~"), c) >= 0
}

// contentLength reads Content-Length out of a message's head. Missing, broken
// or contradicting values leave the stream without a next message.
func contentLength(head []byte) (length int, fault string) {
	length = -1
	for len(head) > 0 {
		line := head
		if i := bytes.Index(head, []byte("\r\n")); i >= 0 {
			line, head = head[:i], head[i+2:]
		} else {
			head = nil
		}
		if len(line) < 2 || line[0] != 'C' && line[0] != 'c' && line[0] != 'L' && line[0] != 'l' {
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 || !isContentLength(string(bytes.TrimSpace(line[:colon]))) && !bytes.EqualFold(bytes.TrimSpace(line[:colon]), []byte("Content-Length")) {
			continue
		}
		value := bytes.TrimSpace(line[colon+1:])
		n := 0
		if len(value) == 0 || len(value) > 9 {
			return 0, "content_length"
		}
		for _, c := range value {
			if c < '0' || c > '9' {
				return 0, "content_length"
			}
			n = 10*n + int(c-'0')
		}
		if length >= 0 && length != n {
			return 0, "content_length"
		}
		length = n
	}
	if length < 0 {
		return 0, "content_length"
	}
	return length, ""
}
