// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

	// It goes on elsewhere, and comes back.
	state.LocalCSeq += 500
	if _, err := second.e.RestoreDialog(state, h); err != nil {
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

// TestTakeOut: of what the peer asked, the next process hears what was not
// answered here, and nothing twice.
func TestTakeOut(t *testing.T) {
	dialogs, asked, release := make(chan *Dialog, 1), make(chan *ServerTx, 1), make(chan struct{})
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) { asked <- tx; <-release })
	first := start(t, Config{}, handlerFuncs{
		request: accepting(AcceptSpec{Handler: h}, dialogs).request,
		unknown: func(tx *ServerTx) *Dialog { _ = tx.Respond(503, "Elsewhere"); return nil },
	})
	p := dialPeer(t, first.tcp)
	ok := p.open("takeout", "z9hG4bKi")
	dialog := within(t, dialogs, "dialog")
	p.send(msg(p.inDialog(ok, "INFO", "z9hG4bKa", 2, ""), "") + msg(p.inDialog(ok, "INFO", "z9hG4bKb", 3, ""), ""))
	tx := within(t, asked, "INFO")
	p.send(msg(p.inDialog(ok, "OPTIONS", "z9hG4bKc", 4, ""), ""))
	state, there := dialog.TakeOut(2 * time.Second)
	if !there || state.RemoteCSeq != 1 {
		t.Fatalf("took %v with RemoteCSeq %d, want 1", there, state.RemoteCSeq)
	}
	if err := tx.Respond(200, ""); !errors.Is(err, ErrAlreadyResponded) {
		t.Errorf("what was refused is answered: %v", err)
	}
	close(release)
	for range 3 { // those that waited too, whether the dialog had them already or not
		p.want("503")
	}
	if _, there := dialog.TakeOut(0); there {
		t.Error("the dialog is taken out twice")
	}

	served := newDialogFuncs(nil)
	second := start(t, Config{}, handlerFuncs{})
	if _, err := second.e.RestoreDialog(state, served); err != nil {
		t.Fatal(err)
	}
	q := dialPeer(t, second.tcp)
	for i := range 3 {
		q.send(msg(q.inDialog(ok, "INFO", fmt.Sprint("z9hG4bKq", i), 2+i, ""), ""))
		q.want("200")
	}
	select {
	case end := <-h.ends:
		t.Errorf("the dialog ended here: %v", end)
	default:
	}
}

// TestTakeOutAfterTheEnd: a BYE that was answered is the end.
func TestTakeOutAfterTheEnd(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	h := newDialogFuncs(nil)
	first := start(t, Config{}, accepting(AcceptSpec{Handler: h}, dialogs))
	p := dialPeer(t, first.tcp)
	ok := p.open("takenone", "z9hG4bKi")
	p.send(msg(p.inDialog(ok, "BYE", "z9hG4bKb", 2, ""), ""))
	p.want("200")
	within(t, h.ends, "end")
	if _, there := within(t, dialogs, "dialog").TakeOut(0); there {
		t.Error("a dialog that has ended is taken out")
	}
}
