// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestSessionRefresh(t *testing.T) {
	// A refresh is due after half the interval, the end after two thirds.
	const interval = 4 * time.Second
	for _, refresher := range []string{"uac", "uas"} {
		for _, update := range []bool{false, true} {
			t.Run(fmt.Sprint(refresher, update), func(t *testing.T) {
				t.Parallel()
				refreshed := make(chan RequestMethod, 8)
				answer := func(_ *Dialog, tx *ServerTx) {
					refreshed <- tx.Request().Method
					_ = tx.Respond(200, "")
				}
				allow := []Header{NewHeader("Allow", "INVITE")}
				if update {
					allow = []Header{NewHeader("Allow", "INVITE, UPDATE")}
				}
				h := newDialogFuncs(answer)
				caller, callee, c, _ := pair(t, quick(), "tcp",
					AcceptSpec{Handler: h, SessionExpires: interval, Refresher: refresher, Headers: allow},
					InviteSpec{SessionExpires: interval, Headers: allow})
				c.set(answer)
				want := INVITE
				if update {
					want = UPDATE
				}
				for range 2 {
					if m := within(t, refreshed, "refresh"); m != want {
						t.Fatal(m)
					}
				}
				if !caller.Confirmed() || !callee.Confirmed() {
					t.Fatal("a refreshed dialog ended")
				}
				if s := caller.State(); s.SessionExpires != interval || s.WeRefresh != (refresher == "uac") {
					t.Fatalf("%+v", s)
				}
			})
		}
	}
}

func TestSessionExpires(t *testing.T) {
	h := newDialogFuncs(nil)
	hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: h, SessionExpires: time.Second}, nil))
	p := dialPeer(t, hs.tcp)
	p.open("expire", "z9hG4bKi")
	p.answer(p.want("BYE"), 200, "", "")
	if cause := within(t, h.ends, "end"); cause != EndTimerExpired {
		t.Fatal(cause)
	}
}

func TestSmallIntervalIs422(t *testing.T) {
	refused := make(chan error, 4)
	hs := start(t, Config{Timers: quick()}, handlerFuncs{request: func(tx *ServerTx) {
		_, err := tx.Accept(AcceptSpec{Handler: newDialogFuncs(nil), SessionExpires: 2 * time.Hour, MinSE: time.Hour})
		refused <- err
	}})
	uri, _ := ParseURI("sip:bob@" + hs.udp.String())
	a := start(t, Config{Timers: quick()}, handlerFuncs{})
	d, c := call1(t, a, uri, InviteSpec{SessionExpires: 90 * time.Second})
	if err := within(t, refused, "422"); !errors.Is(err, ErrSessionInterval) {
		t.Fatal(err)
	}
	if res := within(t, c.responses, "200"); res.StatusCode != 200 || HeaderValue(res, "Session-Expires") != "3600;refresher=uac" {
		t.Fatal(res.StatusCode, HeaderValue(res, "Session-Expires"))
	}
	if s := d.State(); s.SessionExpires != time.Hour {
		t.Fatal(s.SessionExpires)
	}
}
