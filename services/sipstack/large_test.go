// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net"
	"strings"
	"testing"
)

// TestLargeRequestPrefersTCP: RFC 3261 18.1.1: a request over 1,300 bytes to a
// URI without transport goes by TCP, or by UDP where TCP is refused.
func TestLargeRequestPrefersTCP(t *testing.T) {
	body := []byte(strings.Repeat("x", 2000))
	request := func(hs *harness, uri URI) (string, chan int) {
		req := NewRequest(MESSAGE, uri)
		for name, value := range map[string]string{"From": "<sip:a@b>", "To": "<sip:c@d>", "Content-Type": "text/plain"} {
			req.AppendHeader(NewHeader(name, value))
		}
		req.SetBody(body)
		got := make(chan int, 1)
		tx, err := hs.e.Send(req, Flow{}, func(res *Response) { got <- res.StatusCode })
		if err != nil {
			t.Fatal(err)
		}
		return string(*tx.Request().CallID()), got
	}
	a := start(t, Config{Timers: quick()}, answering())
	seen := make(chan string, 2)
	serve := func(networks ...string) URI {
		e, err := NewEndpoint(Config{Timers: quick()})
		if err != nil {
			t.Fatal(err)
		}
		e.SetHandler(handlerFuncs{request: func(tx *ServerTx) {
			if tagOf(tx.Request().From().Params) == "" {
				t.Error("no From tag")
			}
			seen <- tx.Flow().Network
			_ = tx.Respond(200, "", WithBody(tx.Request().Body(), "text/plain"))
		}})
		var addr net.Addr
		address := "127.0.0.1:0"
		for _, n := range networks {
			if addr, err = e.Listen(n, address); err != nil {
				t.Skip("port taken: ", err)
			}
			address = addr.String()
		}
		run(t, e)
		uri, _ := ParseURI("sip:x@" + address)
		return uri
	}
	for _, networks := range [][]string{{"udp", "tcp"}, {"udp"}} {
		_, got := request(a, serve(networks...))
		if code := within(t, got, "answer"); code != 200 {
			t.Fatal(code)
		}
		if n := within(t, seen, "request"); n != networks[len(networks)-1] {
			t.Fatalf("went by %s, want %s", n, networks[len(networks)-1])
		}
	}
}
