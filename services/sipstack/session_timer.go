// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrSessionInterval: the INVITE asked for a shorter session interval than
// AcceptSpec.MinSE; it was answered 422.
var ErrSessionInterval = errors.New("sip session interval is too small")

// leastSE is the least interval a peer may be asked to accept (RFC 4028 5).
const leastSE = 90 * time.Second

// sessionTimer is RFC 4028 in one dialog; c.mu guards it.
type sessionTimer struct {
	expires   time.Duration // agreed on; 0: none runs
	wanted    time.Duration // asked for in our INVITE
	minSE     time.Duration // ours, or the peer's from a 422
	weRefresh bool
	next      timer // refresh or expiry
	expiry    timer // of a session we refresh
}

const (
	timerRefresh uint8 = iota + 8
	timerExpiry
)

func (s *sessionTimer) interval() time.Duration { return s.expires }

func (s *sessionTimer) ask(expires time.Duration) {
	s.wanted = expires
	s.weRefresh = true
}

// start runs the timer from now on; 0 stops it.
func (s *sessionTimer) start(d *Dialog, expires time.Duration, weRefresh bool) {
	s.expires, s.weRefresh = expires, weRefresh
	if expires <= 0 {
		s.stop(d)
		return
	}
	q := d.e.timers
	last := expires - min(32*time.Second, expires/3) // RFC 4028 10
	if weRefresh {
		q.arm(&s.next, d, timerRefresh, expires/2)
		q.arm(&s.expiry, d, timerExpiry, expires)
		return
	}
	armTimer(q, &s.next, d, timerRefresh, stopTimer)
	q.arm(&s.expiry, d, timerExpiry, last)
}

func (s *sessionTimer) stop(d *Dialog) {
	armTimer(d.e.timers, &s.next, d, timerRefresh, stopTimer)
	armTimer(d.e.timers, &s.expiry, d, timerExpiry, stopTimer)
}

// onTimer is called by the timer queue.
func (d *Dialog) onTimer(t *timer) {
	d.c.mu.Lock()
	defer d.c.unlock()
	if !d.e.timers.fired(t) || d.state != dialogConfirmed {
		return
	}
	if t.kind == timerExpiry {
		d.e.metrics.sessionExpired()
		d.sendBye(nil, EndTimerExpired)
		d.end(EndTimerExpired)
		return
	}
	d.refresh()
}

// refresh asks the application for the refreshing request, or makes it: on the
// queue, since a handler is asked; c.mu is held.
func (d *Dialog) refresh() {
	h, asks := d.currentHandler().(RefreshHandler)
	d.c.push(job{kind: jobFunc, fn: func() {
		spec := RequestSpec{Method: INVITE}
		if asks {
			spec = h.HandleRefresh(d)
		}
		d.c.mu.Lock()
		defer d.c.unlock()
		if d.state != dialogConfirmed {
			return
		}
		if !asks && d.allowsUpdate {
			spec.Method = UPDATE
		}
		busy := d.clientInvite != nil || d.serverInvite != nil || d.awaitAck != nil || d.ackSeq != 0
		if spec.Method == INVITE && busy {
			d.e.timers.arm(&d.session.next, d, timerRefresh, min(d.GlareDelay(), d.session.expires/8))
			return
		}
		tx, err := d.send(&spec)
		if err == nil && tx != nil {
			tx.refresh, tx.keepOnTimeout = true, false
		}
	}})
}

// granted takes Session-Expires of a 2xx to our INVITE or UPDATE; c.mu is held.
func (s *sessionTimer) granted(d *Dialog, res *Response) {
	value := HeaderValue(res, "Session-Expires")
	n, ok := seconds(value)
	if !ok || n <= 0 {
		if s.expires > 0 { // the peer does not time: we go on alone (RFC 4028 7.2)
			s.start(d, s.expires, true)
		} else if s.wanted > 0 {
			s.start(d, s.wanted, true)
		}
		return
	}
	s.start(d, time.Duration(n)*time.Second, refresherOf(value) != "uas")
}

// raise takes Min-SE of a 422 and tells whether to try again with it (RFC 4028
// 7.4).
func (s *sessionTimer) raise(res *Response) bool {
	n, ok := seconds(HeaderValue(res, "Min-SE"))
	least := time.Duration(n) * time.Second
	if !ok || least <= s.wanted || least > 24*time.Hour {
		return false
	}
	s.wanted, s.minSE = least, least
	return true
}

// addTimer puts the session timer's headers in an INVITE or UPDATE of ours.
func (d *Dialog) addTimer(req *Request) {
	if req.Method != INVITE && req.Method != UPDATE {
		return
	}
	req.AppendHeader(NewHeader("Supported", "timer"))
	expires, refresher := d.session.expires, "uac"
	if expires == 0 {
		if expires = d.session.wanted; expires == 0 {
			return
		}
		refresher = ""
	} else if !d.session.weRefresh {
		refresher = "uas"
	}
	value := wholeSeconds(expires)
	if refresher != "" {
		value += ";refresher=" + refresher
	}
	req.AppendHeader(NewHeader("Session-Expires", value))
	if d.session.minSE > leastSE {
		req.AppendHeader(NewHeader("Min-SE", wholeSeconds(d.session.minSE)))
	}
}

// grantTimer decides on the session timer of a 2xx to an INVITE or UPDATE (RFC
// 4028 9) and starts it; timerLines then writes it. c.mu is held.
func (d *Dialog) grantTimer(req *Request, p *responseParts) {
	if req.Method != INVITE && req.Method != UPDATE {
		return
	}
	s := &d.session
	value := HeaderValue(req, "Session-Expires")
	asked, hasAsked := seconds(value)
	expires, ours := time.Duration(asked)*time.Second, s.expires
	if p.timerSet {
		ours = p.expires
		s.minSE = max(p.minSE, s.minSE)
	}
	switch {
	case !hasAsked:
		expires = ours
	case ours > 0 && ours < expires:
		expires = ours
	}
	if least, ok := seconds(HeaderValue(req, "Min-SE")); ok {
		expires = maxIfSet(expires, time.Duration(least)*time.Second)
	}
	expires = maxIfSet(expires, s.minSE)
	supports := hasOption(req, "Supported", "timer") || hasOption(req, "Require", "timer") || hasAsked
	refresher := refresherOf(value)
	switch {
	case refresher != "":
	case p.refresher != "":
		refresher = p.refresher
	case p.timerSet || s.expires == 0:
		refresher = "uac"
	case s.weRefresh:
		refresher = "uas"
	default:
		refresher = "uac"
	}
	if !supports {
		if refresher == "uac" && !s.weRefresh {
			expires = 0
		}
		refresher = "uas"
	}
	p.expires, p.refresher, p.timerSet = expires, refresher, supports
	s.start(d, expires, refresher == "uas")
}

func maxIfSet(d, least time.Duration) time.Duration {
	if d > 0 {
		return max(d, least)
	}
	return d
}

// timerLines writes what grantTimer decided.
func (tx *ServerTx) timerLines(w *wire, code int, p *responseParts) {
	if tx.dialog == nil || code < 200 || code > 299 || p.expires <= 0 ||
		tx.req.Method != INVITE && tx.req.Method != UPDATE {
		return
	}
	w.str("Session-Expires: ", wholeSeconds(p.expires), ";refresher=", p.refresher, "\r\n")
	if p.timerSet { // the peer knows the extension
		w.str("Require: timer\r\n")
	}
	w.str("Supported: timer\r\n")
}

// tooSmall tells whether a request asks for less than least (RFC 4028 9).
func tooSmall(req *Request, least time.Duration) bool {
	if least == 0 {
		return false
	}
	n, ok := seconds(HeaderValue(req, "Session-Expires"))
	return ok && time.Duration(n)*time.Second < least && hasOption(req, "Supported", "timer")
}

func (tx *ServerTx) rejectInterval(least time.Duration) error {
	tx.e.metrics.refused("session_interval")
	return tx.respond(422, "", &responseParts{headers: []Header{NewHeader("Min-SE", wholeSeconds(least))}})
}

func hasOption(msg any, header, option string) bool {
	for _, v := range ListValues(msg, header) {
		if strings.EqualFold(v, option) {
			return true
		}
	}
	return false
}

func refresherOf(value string) string {
	for _, p := range strings.Split(value, ";")[1:] {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(k), "refresher") {
			return strings.ToLower(strings.TrimSpace(v))
		}
	}
	return ""
}

func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
