// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"

	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// maxGlares is how often a request that crosses one of the phone's is sent
// again (RFC 3261 14.1).
const maxGlares = 5

// reply is the outcome of a request to a phone. Code 0: the leg ended first.
type reply struct {
	code int
	body []byte
}

func (r reply) ok() bool { return r.code >= 200 && r.code < 300 }

// exchange is one request within a leg's dialog, until it has its final
// response.
type exchange struct {
	leg     *leg
	request sipstack.RequestSpec
	done    func(reply)
	glares  int
	over    bool
}

// reinvite sends a re-INVITE; body nil asks the phone for an offer. After a
// reply that is ok, acknowledge is due. The call's operation must be begun.
func (l *leg) reinvite(body []byte, done func(reply)) {
	l.send(sipstack.RequestSpec{Method: "INVITE", Body: l.describe(body), ContentType: media.ContentType}, done)
}

// offer sends an offer by the method that the far phone used, where this phone
// takes it.
func (l *leg) offer(method sipstack.RequestMethod, body []byte, done func(reply)) {
	if method != "UPDATE" || !l.allowsUpdate {
		l.reinvite(body, func(r reply) {
			if r.ok() {
				l.acknowledge(nil)
			}
			done(r)
		})
		return
	}
	l.send(sipstack.RequestSpec{Method: "UPDATE", Body: l.describe(body), ContentType: media.ContentType}, done)
}

// send sends a request in the leg's dialog and calls done once, on the
// target's goroutine.
func (l *leg) send(request sipstack.RequestSpec, done func(reply)) {
	x := &exchange{leg: l, request: request, done: done}
	if l.aborts == nil {
		l.aborts = make(map[*exchange]struct{})
	}
	l.aborts[x] = struct{}{}
	x.send()
}

func (x *exchange) send() {
	if x.over {
		return
	}
	l := x.leg
	if l.state != legUp && l.state != legRinging || l.dialog == nil {
		x.finish(reply{})
		return
	}
	request := x.request
	if len(request.Body) == 0 {
		request.ContentType = ""
	}
	request.OnResponse = func(res *sipstack.Response) {
		l.driver.loop.Due(func() { x.response(res) })
	}
	if _, err := l.dialog.Send(request); err != nil {
		if glare, ok := errors.AsType[*sipstack.GlareError](err); ok && x.glares < maxGlares {
			x.glares++
			l.driver.loop.After(glare.RetryAfter, x.send)
			return
		}
		x.finish(reply{})
	}
}

func (x *exchange) response(res *sipstack.Response) {
	code := res.StatusCode
	if x.over {
		// The leg has ended meanwhile; a 2xx to a re-INVITE wants its ACK.
		if code/100 == 2 && x.request.Method == "INVITE" {
			_ = x.leg.dialog.Ack(nil, "")
		}
		return
	}
	switch {
	case code < 200:
		return
	case code == 491 && x.glares < maxGlares:
		x.glares++
		x.leg.driver.metrics.glare(x.leg.driver.target)
		x.leg.driver.loop.After(x.leg.dialog.GlareDelay(), x.send)
		return
	}
	body := sessionDescription(res, res.Body())
	if code/100 == 2 {
		x.leg.noteAllow(res)
		x.leg.heard(body)
	}
	x.finish(reply{code: code, body: body})
}

func (x *exchange) finish(r reply) {
	if x.over {
		return
	}
	x.over = true
	delete(x.leg.aborts, x)
	x.done(r)
}

// acknowledge sends the ACK of the last 2xx; body is the answer to the offer
// in it, where one was.
func (l *leg) acknowledge(answer []byte) {
	l.offered = nil
	if answer == nil {
		_ = l.dialog.Ack(nil, "")
		return
	}
	_ = l.dialog.Ack(l.describe(answer), media.ContentType)
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

// abort ends everything that waits for the phone.
func (l *leg) abort() {
	for x := range l.aborts {
		x.finish(reply{})
	}
	if l.onAck != nil {
		onAck := l.onAck
		l.onAck = nil
		onAck(nil)
	}
}

// noteAllow remembers what the phone says it takes.
func (l *leg) noteAllow(message any) {
	for _, value := range sipstack.HeaderValues(message, "Allow") {
		if hasToken(value, "UPDATE") {
			l.allowsUpdate = true
		}
	}
	for _, value := range sipstack.HeaderValues(message, "Allow-Events") {
		if hasToken(value, "talk") {
			l.allowsTalk = true
		}
	}
}
