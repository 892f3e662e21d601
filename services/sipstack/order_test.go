// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// TestPipelinedInfosKeepOrder: 1,000 bursts of ten INFOs on one TCP connection.
func TestPipelinedInfosKeepOrder(t *testing.T) {
	const bursts, burst = 1000, 10
	var last, inversions atomic.Int64
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		seq := int64(tx.Request().CSeq().SeqNo)
		if seq != last.Load()+1 {
			inversions.Add(1)
		}
		last.Store(seq)
		_ = tx.Respond(200, "", WithBody(tx.Request().Body(), "application/csta+xml"))
	})
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
	p := dialPeer(t, hs.tcp)
	p.send(msg(p.invite("order", "z9hG4bKi", 1, ""), ""))
	ok := p.want("200")
	p.send(msg(p.inDialog(ok, "ACK", "z9hG4bKa", 1, ""), ""))
	last.Store(1)
	for b := range bursts {
		var text strings.Builder
		for i := range burst {
			seq := 2 + b*burst + i
			text.WriteString(msg(p.inDialog(ok, "INFO", fmt.Sprintf("z9hG4bK%d", seq), seq, "Content-Type: application/csta+xml"), fmt.Sprint("<x>", seq, "</x>")))
		}
		p.send(text.String())
		for i := range burst {
			res := p.want("200")
			want := fmt.Sprintf("%d INFO", 2+b*burst+i)
			if res.get("CSeq") != want || !strings.Contains(res.body, strings.Fields(want)[0]) {
				t.Fatalf("answer %s body %q, want %s", res.get("CSeq"), res.body, want)
			}
		}
	}
	if inversions.Load() != 0 {
		t.Fatalf("%d inversions", inversions.Load())
	}
}

// TestAckAndInfoInOneSegment: 1,000 dialogs whose ACK and first INFO come in
// one segment.
func TestAckAndInfoInOneSegment(t *testing.T) {
	const dialogs = 1000
	var acked, early atomic.Int64
	h := &ackOrder{acked: &acked, early: &early}
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
	p := dialPeer(t, hs.tcp)
	for i := range dialogs {
		p.send(msg(p.invite(fmt.Sprint("ackinfo", i), fmt.Sprint("z9hG4bKi", i), 1, ""), ""))
		ok := p.want("200")
		p.send(msg(p.inDialog(ok, "ACK", fmt.Sprint("z9hG4bKa", i), 1, ""), "") +
			msg(p.inDialog(ok, "INFO", fmt.Sprint("z9hG4bKn", i), 2, ""), "") +
			msg(p.inDialog(ok, "BYE", fmt.Sprint("z9hG4bKb", i), 3, ""), ""))
		for _, cseq := range []string{"2 INFO", "3 BYE"} {
			if res := p.want("200"); res.get("CSeq") != cseq {
				t.Fatalf("got %s, want %s", res.get("CSeq"), cseq)
			}
		}
	}
	if acked.Load() != dialogs || early.Load() != 0 {
		t.Fatalf("%d ACKs, %d INFOs before them", acked.Load(), early.Load())
	}
	eventually(t, "all calls forgotten", func() bool { return callsOf(hs.e) == 0 })
	if n := hs.e.counts.serverTx.Load() + hs.e.counts.dialogs.Load(); n != 0 {
		t.Fatalf("%d transactions and dialogs left", n)
	}
}

type ackOrder struct {
	acked, early *atomic.Int64
	last         atomic.Int64
}

func (h *ackOrder) HandleDialogRequest(_ *Dialog, tx *ServerTx) {
	if tx.Request().Method == INFO && h.last.Load() == h.acked.Load() {
		h.early.Add(1)
	}
	if tx.Request().Method == BYE {
		h.last.Store(h.acked.Load())
	}
	_ = tx.Respond(200, "")
}
func (h *ackOrder) HandleAck(*Dialog, *Request)        { h.acked.Add(1) }
func (h *ackOrder) HandleDialogEnd(*Dialog, DialogEnd) {}
