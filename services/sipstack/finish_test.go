// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"testing"
)

// TestWhatWasReadIsAnsweredBeforeTheEnd: a request that was read before connections
// are finished has its answer before the peer sees the connection end, although
// nobody but the endpoint knew of it yet. One that comes later is left unread.
func TestWhatWasReadIsAnsweredBeforeTheEnd(t *testing.T) {
	reached, answer := make(chan struct{}, 2), make(chan struct{})
	hs := start(t, Config{}, handlerFuncs{request: func(tx *ServerTx) {
		reached <- struct{}{}
		<-answer
		_ = tx.Respond(200, "")
	}})
	p := dialPeer(t, hs.tcp)
	p.send(options(p, "before"))
	within(t, reached, "request")
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		hs.e.FinishStreams(t.Context(), func(context.Context) { // knows of nothing
			p.send(options(p, "after"))
			close(answer)
		})
	}()
	if res := p.want("200"); res.get("Call-ID") != "before" {
		t.Fatalf("answer to %q", res.get("Call-ID"))
	}
	p.wantClosed()
	_ = p.conn.Close()
	within(t, finished, "end")
	if len(reached) > 0 {
		t.Error("a request that came later was handled")
	}
	if n := hs.e.counts.awaited.Count(); n != 0 {
		t.Errorf("%d requests wait for their answer", n)
	}
}
