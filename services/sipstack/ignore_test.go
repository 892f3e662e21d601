// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"testing"
	"time"
)

// TestIgnoredRequestIsAbsorbedAndForgotten: no answer comes to the request nor
// to copies of it, its handler sees it once, and it leaves nothing behind.
func TestIgnoredRequestIsAbsorbedAndForgotten(t *testing.T) {
	seen := make(chan string, 10)
	timers := quick()
	timers.TimerF = 100 * time.Millisecond
	hs := start(t, Config{Timers: timers}, handlerFuncs{request: func(tx *ServerTx) {
		seen <- string(tx.Request().Method)
		if tx.Request().Method == REGISTER {
			tx.Ignore()
			return
		}
		_ = tx.Respond(200, "")
	}})
	p := dialPeer(t, hs.udp)
	request := func(method, branch string) {
		p.send(msg(fmt.Sprintf("%s sip:offhook.test SIP/2.0\nVia: %s\nMax-Forwards: 70\nFrom: <sip:app1@offhook.test>;tag=a1\nTo: <sip:app1@offhook.test>\nCall-ID: ignored\nCSeq: 1 %s\n",
			method, p.via(branch), method), ""))
	}
	request("REGISTER", "z9hG4bK-1")
	request("REGISTER", "z9hG4bK-1")
	request("OPTIONS", "z9hG4bK-2")
	if res := p.read(); res.code() != 200 || res.get("CSeq") != "1 OPTIONS" {
		t.Errorf("got %d to %s", res.code(), res.get("CSeq"))
	}
	for _, want := range []string{"REGISTER", "OPTIONS"} {
		if got := within(t, seen, want); got != want {
			t.Errorf("handler saw %s, want %s", got, want)
		}
	}
	eventually(t, "the transactions are forgotten", func() bool { return hs.e.counts.serverTx.Load() == 0 })
}
