// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestManyDialogs: dialogs to a host name, with INFOs both ways at once, leave
// nothing behind.
func TestManyDialogs(t *testing.T) {
	const n, infos = 60, 10
	var handled atomic.Int64
	count := func(_ *Dialog, tx *ServerTx) {
		if tx.Request().Method == INFO {
			handled.Add(1)
		}
		_ = tx.Respond(200, "")
	}
	dialogs := make(chan *Dialog, n)
	h := newDialogFuncs(count)
	h.acks, h.ends = make(chan *Request, n), make(chan DialogEnd, n)
	timers := quick()
	timers.T1 = 60 * time.Millisecond // each ACK must come within 64 times that
	b := start(t, Config{Timers: timers}, accepting(AcceptSpec{Handler: h}, dialogs))
	a := start(t, Config{Timers: timers}, handlerFuncs{})
	uri, err := ParseURI("sip:bob@" + b.tcp.String() + ";transport=tcp")
	if err != nil {
		t.Fatal(err)
	}
	uri.Host = "localhost"
	var wg sync.WaitGroup
	exchange := func(d *Dialog) {
		var answers sync.WaitGroup
		for range infos {
			answers.Add(1)
			if _, err := d.Send(RequestSpec{Method: INFO, OnResponse: func(res *Response) {
				if res.StatusCode != 200 {
					t.Error(res.StatusCode)
				}
				answers.Done()
			}}); err != nil {
				t.Error(err)
				return
			}
		}
		answers.Wait()
	}
	for range n {
		wg.Go(func() {
			d, c := call1(t, a, uri, InviteSpec{})
			c.set(count)
			if res := <-c.responses; res.StatusCode != 200 {
				t.Error(res.StatusCode)
				return
			}
			if err := d.Ack(nil, ""); err != nil {
				t.Error(err)
			}
			exchange(d)
		})
	}
	for range n {
		d := within(t, dialogs, "dialog")
		wg.Go(func() { exchange(d) })
	}
	wg.Wait()
	for range n {
		within(t, h.acks, "ACK")
	}
	if got := handled.Load(); got != 2*n*infos {
		t.Fatalf("%d INFOs handled, want %d", got, 2*n*infos)
	}
	for _, hs := range []*harness{a, b} {
		for i := range hs.e.shards {
			s := &hs.e.shards[i]
			s.mu.Lock()
			var open []*Dialog
			for _, c := range s.calls {
				c.mu.Lock()
				open = append(open, c.dialogs...)
				c.mu.Unlock()
			}
			s.mu.Unlock()
			for _, d := range open {
				_ = d.Bye()
			}
		}
	}
	eventually(t, "nothing left", func() bool {
		return callsOf(a.e)+callsOf(b.e) == 0 && a.e.counts.clientTx.Load()+b.e.counts.clientTx.Load()+b.e.counts.serverTx.Load() == 0
	})
}
