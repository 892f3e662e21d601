// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"testing"
	"time"
)

// TestLostPeer: what a request of ours that fails does to its dialog (RFC 3261
// 12.2.1.2).
func TestLostPeer(t *testing.T) {
	tests := []struct {
		name   string
		spec   RequestSpec
		answer int // 0: none
		bye    bool
		ends   bool
	}{
		{"time-out", RequestSpec{Method: INFO}, 0, true, true},
		{"time-out kept", RequestSpec{Method: INFO, KeepOnTimeout: true}, 0, false, false},
		{"481", RequestSpec{Method: INFO}, 481, false, true},
		{"481 unawaited", RequestSpec{Method: INFO, NoWait: true}, 481, false, true},
		{"200 unawaited", RequestSpec{Method: INFO, NoWait: true}, 200, false, false},
		{"500", RequestSpec{Method: INFO}, 500, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			timers := quick()
			if tt.answer == 0 {
				timers.TimerF = 100 * time.Millisecond
			}
			dialogs := make(chan *Dialog, 1)
			h := newDialogFuncs(nil)
			hs := start(t, Config{Timers: timers}, accepting(AcceptSpec{Handler: h}, dialogs))
			p := dialPeer(t, hs.tcp)
			ok := p.open("lost", "z9hG4bKi")
			d := within(t, dialogs, "dialog")
			within(t, h.acks, "ACK")
			got := make(chan int, 2)
			if !tt.spec.NoWait {
				tt.spec.OnResponse = func(res *Response) { got <- res.StatusCode }
			}
			if _, err := d.Send(tt.spec); err != nil {
				t.Fatal(err)
			}
			info := p.want("INFO")
			want := 408
			if tt.answer != 0 {
				want = tt.answer
				p.answer(info, tt.answer, "", "")
			}
			if tt.spec.OnResponse != nil {
				if code := within(t, got, "response"); code != want {
					t.Fatal(code)
				}
			}
			if tt.bye {
				p.want("BYE")
			}
			if tt.ends {
				if cause := within(t, h.ends, "end"); cause != EndPeerLost {
					t.Fatal(cause)
				}
				return
			}
			p.send(msg(p.inDialog(ok, "INFO", "z9hG4bKlast", 2, ""), ""))
			p.want("200")
			if !d.Confirmed() {
				t.Fatal("the dialog ended")
			}
		})
	}
}
