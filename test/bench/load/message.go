// SPDX-License-Identifier: Apache-2.0

// Package load is a lean SIP load generator for CSTA over TCP: it writes
// messages as text and reads only what it needs of the answers, so that its own
// cost stays small beside the server's.
package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxBody bounds what a server may send in one message.
const maxBody = 1 << 20

// message is one SIP message as far as the generator looks at it.
type message struct {
	status  int    // 0 for a request
	method  string // of a request, or of CSeq for a response
	cseq    int
	headers map[string]string // lower-case names, first value
	vias    []string
	body    []byte
}

// readMessage reads one message from a stream (RFC 3261 18.3).
func readMessage(reader *bufio.Reader) (message, error) {
	m := message{headers: make(map[string]string, 12)}
	first, err := line(reader)
	for err == nil && first == "" {
		first, err = line(reader) // keep-alive
	}
	if err != nil {
		return m, err
	}
	fields := strings.SplitN(first, " ", 3)
	if len(fields) < 3 {
		return m, fmt.Errorf("read start line %q", first)
	}
	if fields[0] == "SIP/2.0" {
		if m.status, err = strconv.Atoi(fields[1]); err != nil {
			return m, fmt.Errorf("read status of %q: %w", first, err)
		}
	} else {
		m.method = fields[0]
	}
	for {
		text, err := line(reader)
		if err != nil {
			return m, err
		}
		if text == "" {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "via" {
			m.vias = append(m.vias, value)
		}
		if _, has := m.headers[name]; !has {
			m.headers[name] = value
		}
	}
	number, method, _ := strings.Cut(m.headers["cseq"], " ")
	m.cseq, _ = strconv.Atoi(number)
	if m.status != 0 {
		m.method = method
	}
	length, err := strconv.Atoi(m.headers["content-length"])
	if err != nil || length < 0 || length > maxBody {
		return m, fmt.Errorf("read Content-Length %q", m.headers["content-length"])
	}
	m.body = make([]byte, length)
	_, err = io.ReadFull(reader, m.body)
	return m, err
}

func line(reader *bufio.Reader) (string, error) {
	text, err := reader.ReadSlice('\n')
	return string(bytes.TrimRight(text, "\r\n")), err
}
