// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnknownDialogIsTakenOver(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	first := start(t, Config{}, accepting(AcceptSpec{Handler: newDialogFuncs(nil)}, dialogs))
	p := dialPeer(t, first.tcp)
	ok := p.open("takeover", "z9hG4bKi")
	state := within(t, dialogs, "dialog").State()
	h := newDialogFuncs(nil)
	var self atomic.Pointer[harness]
	second := start(t, Config{}, handlerFuncs{unknown: func(tx *ServerTx) *Dialog {
		if string(*tx.Request().CallID()) != state.CallID {
			return nil
		}
		state.LocalCSeq += 1000
		d, err := self.Load().e.RestoreDialog(state, h)
		if err != nil {
			t.Error(err)
		}
		return d
	}})
	self.Store(second)
	q := dialPeer(t, second.tcp)
	q.send(msg(q.inDialog(ok, "INFO", "z9hG4bKn", 2, ""), ""))
	q.want("200")
	d, err := second.e.RestoreDialog(state, h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Send(RequestSpec{Method: INFO, NoWait: true}); err != nil {
		t.Fatal(err)
	}
	if info := q.want("INFO"); info.get("CSeq") != fmt.Sprint(state.LocalCSeq+1, " INFO") {
		t.Fatal(info.get("CSeq"))
	}
}

// TestStateAfterTheEnd: what an endpoint that closes leaves to the next one
// still says where the peer is.
func TestStateAfterTheEnd(t *testing.T) {
	e, err := NewEndpoint(Config{})
	if err != nil {
		t.Fatal(err)
	}
	addr, err := e.Listen("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialogs := make(chan *Dialog, 1)
	h := newDialogFuncs(nil)
	e.SetHandler(accepting(AcceptSpec{Handler: h}, dialogs))
	stop := run(t, e)
	p := dialPeer(t, addr)
	p.open("left", "z9hG4bKi")
	d := within(t, dialogs, "dialog")
	within(t, h.acks, "ACK")
	before := d.State()
	stop()
	if cause := within(t, h.ends, "end"); cause != EndEndpointClose {
		t.Fatal(cause)
	}
	if diff := cmp.Diff(before, d.State()); diff != "" || before.Flow.Remote != p.conn.LocalAddr().String() {
		t.Fatalf("peer %s, flow %v; state (-before +after):\n%s", p.conn.LocalAddr(), before.Flow, diff)
	}
}

// TestTakenOverDialogKeepsOrder: requests pipelined to the process that takes a
// dialog over are handled in order, those behind the restoring one too.
func TestTakenOverDialogKeepsOrder(t *testing.T) {
	const n = 200
	dialogs := make(chan *Dialog, 1)
	first := start(t, Config{}, accepting(AcceptSpec{Handler: newDialogFuncs(nil)}, dialogs))
	p := dialPeer(t, first.tcp)
	ok := p.open("takeorder", "z9hG4bKi")
	state := within(t, dialogs, "dialog").State()
	var last, asked atomic.Int64
	last.Store(1)
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		seq := int64(tx.Request().CSeq().SeqNo)
		if seq != last.Load()+1 {
			t.Errorf("%d after %d", seq, last.Load())
		}
		last.Store(seq)
		_ = tx.Respond(200, "")
	})
	var self atomic.Pointer[harness]
	ready := make(chan struct{})
	second := start(t, Config{Limits: Limits{MaxQueuedPerCall: 2 * n}}, handlerFuncs{unknown: func(*ServerTx) *Dialog {
		<-ready
		asked.Add(1)
		d, err := self.Load().e.RestoreDialog(state, h)
		if err != nil {
			t.Error(err)
		}
		return d
	}})
	self.Store(second)
	q := dialPeer(t, second.tcp)
	var text strings.Builder
	for i := range n {
		text.WriteString(msg(q.inDialog(ok, "INFO", fmt.Sprint("z9hG4bK", i), 2+i, ""), ""))
		if i == n/2 {
			q.send(text.String())
			text.Reset()
			close(ready)
		}
	}
	q.send(text.String())
	for range n {
		q.want("200")
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}
