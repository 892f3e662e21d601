// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"
	"time"

	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// maxGlares is how often a request that crosses one of the phone's is sent
// again (RFC 3261 14.1).
const maxGlares = 5

// A request that did not reach the phone, because its edge or its connection has
// gone, is sent again each flowRetry for some seconds: phones register anew when
// that happens, and the dialog follows.
const (
	flowRetry       = 400 * time.Millisecond
	maxFlowFailures = 10
)

// busyRetryAfter is when a phone may try again a request within a call.
const busyRetryAfter = time.Second

// reply is the outcome of a request to a phone. Code 0: the leg ended first.
type reply struct {
	code int
	body []byte
	// preempted: an offer of the phone took the place of ours.
	preempted bool
}

func (r reply) ok() bool { return r.code >= 200 && r.code < 300 }

// exchange is one request within a dialog, until it has its final response.
type exchange struct {
	branch  *branch
	request sipstack.RequestSpec
	done    func(reply)
	glares  int
	// flowFailures counts attempts that did not reach the phone.
	flowFailures int
	over         bool
}

// reinvite sends a re-INVITE; body nil asks the phone for an offer. After a
// reply that is ok, acknowledge is due. The leg must be busy.
func (l *leg) reinvite(body []byte, done func(reply)) {
	l.branch.send(sipstack.RequestSpec{
		Method: "INVITE", Headers: l.partyHeaders(), Body: l.describe(body), ContentType: media.ContentType,
	}, done)
}

// offer sends an offer by the method that the far phone used, where this phone
// takes it.
func (l *leg) offer(method sipstack.RequestMethod, body []byte, done func(reply)) {
	if method != "UPDATE" || !l.branch.allowsUpdate {
		l.reinvite(body, func(r reply) {
			if r.ok() {
				l.acknowledge(nil)
			}
			done(r)
		})
		return
	}
	l.branch.send(sipstack.RequestSpec{
		Method: "UPDATE", Headers: l.partyHeaders(), Body: l.describe(body), ContentType: media.ContentType,
	}, done)
}

// send sends a request in the dialog and calls done once, on the target's
// goroutine.
func (b *branch) send(request sipstack.RequestSpec, done func(reply)) {
	x := &exchange{branch: b, request: request, done: done}
	if b.exchanges == nil {
		b.exchanges = make(map[*exchange]struct{})
	}
	b.exchanges[x] = struct{}{}
	x.send()
}

func (x *exchange) send() {
	b := x.branch
	if b.backingOff == x {
		b.backingOff = nil
	}
	if x.over {
		return
	}
	if b.state != legUp && b.state != legRinging || b.dialog == nil {
		x.finish(reply{})
		return
	}
	request := x.request
	if len(request.Body) == 0 {
		request.ContentType = ""
	}
	loop := b.leg.driver.loop
	request.OnResponse = func(res *sipstack.Response) {
		loop.Due(func() { x.response(res) })
	}
	if _, err := b.dialog.Send(request); err != nil {
		if glare, ok := errors.AsType[*sipstack.GlareError](err); ok && x.glares < maxGlares {
			x.backOff(glare.RetryAfter)
			return
		}
		x.finish(reply{})
	}
}

// backOff sends the request again later.
func (x *exchange) backOff(wait time.Duration) {
	x.glares++
	x.branch.backingOff = x
	x.branch.leg.driver.loop.After(wait, x.send)
}

// preempt gives an offer up that waits to be sent again, in favour of one of
// the phone. It reports whether there was one.
func (b *branch) preempt() bool {
	x := b.backingOff
	if x == nil {
		return false
	}
	b.backingOff = nil
	x.finish(reply{code: 491, preempted: true})
	return true
}

func (x *exchange) response(res *sipstack.Response) {
	b, code := x.branch, res.StatusCode
	if x.over {
		// The leg has ended meanwhile; a 2xx to a re-INVITE wants its ACK.
		if code/100 == 2 && x.request.Method == "INVITE" {
			_ = b.dialog.Ack(nil, "")
		}
		return
	}
	switch {
	case code < 200:
		return
	case code == 491 && x.glares < maxGlares:
		b.leg.driver.metrics.glare(b.leg.driver.target)
		x.backOff(b.dialog.GlareDelay())
		return
	case (code == 430 || code == 503) && x.flowFailures < maxFlowFailures:
		x.flowFailures++
		b.leg.driver.loop.After(flowRetry, x.send)
		return
	}
	body := sessionDescription(res, res.Body())
	if code/100 == 2 {
		b.noteAllow(res)
		b.leg.heard(body)
	}
	x.finish(reply{code: code, body: body})
}

func (x *exchange) finish(r reply) {
	if x.over {
		return
	}
	x.over = true
	delete(x.branch.exchanges, x)
	x.done(r)
}

// acknowledge sends the ACK of the last 2xx; body is the answer to the offer
// in it, where one was.
func (l *leg) acknowledge(answer []byte) {
	if answer == nil {
		_ = l.branch.dialog.Ack(nil, "")
		return
	}
	_ = l.branch.dialog.Ack(l.describe(answer), media.ContentType)
}

// acknowledgeSilently gives an offer an inactive answer where no real one can
// be had (RFC 3725 4.1).
func (l *leg) acknowledgeSilently(offer []byte) {
	answer, err := media.SilentAnswer(offer, l.driver.address)
	if err != nil {
		l.acknowledge(nil)
		return
	}
	l.acknowledge(answer)
}
