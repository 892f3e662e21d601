// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// bring takes an offer of one phone to the other and gives back its answer; an
// answer of nil comes with the code of the refusal. A far phone whose own call
// is on hold is not disturbed: held by us, it is not asked; held by hand, it is
// offered only to send.
func (c *call) bring(method sipstack.RequestMethod, offer []byte, to *leg, done func(answer []byte, code int)) {
	switch {
	case !to.up():
		c.answerFor(offer, media.SilentOffer(c.driver.address), done)
		return
	case to.serverHeld:
		c.answerFor(offer, to.remote, done)
		return
	case to.handHeld:
		direction, err := media.DirectionOf(offer)
		if err == nil {
			offer, err = media.WithDirection(offer, direction.WithoutSending())
		}
		if err != nil {
			done(nil, 488)
			return
		}
	}
	to.offer(method, offer, func(r reply) {
		if !r.ok() || r.body == nil {
			done(nil, r.code)
			return
		}
		done(r.body, 200)
	})
}

// answerFor answers an offer in place of a phone that is not asked: inactive.
func (c *call) answerFor(offer, party []byte, done func(answer []byte, code int)) {
	answer, err := media.Answer(offer, party, media.Inactive, c.driver.address)
	if err != nil {
		done(nil, 488)
		return
	}
	done(answer, 200)
}

// hold puts the call on hold for the leg (HoldCall): its phone and the far one
// get their last description again, inactive. done is told whether the leg's
// phone agreed.
func (l *leg) hold(done func(ok bool)) {
	c := l.call
	begun := c.begin(func() {
		l.silence(func(ok bool) {
			if ok {
				l.serverHeld = true
			}
			done(ok)
			far := c.other(l)
			if !ok || !far.up() || far.serverHeld {
				c.finish()
				return
			}
			far.silence(func(bool) { c.finish() })
		})
	})
	if !begun {
		done(false)
	}
}

// silence offers a phone its last description as inactive.
func (l *leg) silence(done func(ok bool)) {
	if !l.up() || l.local == nil {
		done(false)
		return
	}
	body, err := media.WithDirection(l.local, media.Inactive)
	if err != nil {
		done(false)
		return
	}
	l.reinvite(body, func(r reply) {
		if r.ok() {
			l.acknowledge(nil)
		}
		done(r.ok())
	})
}

// retrieve takes the call off hold for the leg (RetrieveCall): its phone is
// asked for a fresh offer, which goes to the far phone.
func (l *leg) retrieve(done func(ok bool)) {
	c := l.call
	begun := c.begin(func() {
		if !l.up() {
			done(false)
			c.finish()
			return
		}
		l.reinvite(nil, func(r reply) {
			if !r.ok() {
				done(false)
				c.finish()
				return
			}
			far := c.other(l)
			direction, err := media.DirectionOf(r.body)
			if err != nil || far == nil || direction.Holds() {
				// Nobody is there, or the user holds on at the phone.
				l.acknowledgeSilently(r.body)
				done(false)
				c.finish()
				return
			}
			c.bring("INVITE", r.body, far, func(answer []byte, _ int) {
				switch {
				case !l.up():
				case answer == nil:
					l.acknowledgeSilently(r.body)
				default:
					l.serverHeld, l.handHeld = false, false
					l.acknowledge(answer)
				}
				done(answer != nil && l.up())
				c.finish()
			})
		})
	})
	if !begun {
		done(false)
	}
}

// connect joins a phone that has just picked up with an offer in its 2xx to
// the originator of the call, who is up already (RFC 3725 flow IV without the
// early description).
func (l *leg) connect(offer []byte, done func(ok bool)) {
	c := l.call
	l.offered = offer
	begun := c.begin(func() {
		far := c.other(l)
		if far == nil || !l.up() {
			done(false)
			c.finish()
			return
		}
		c.bring("INVITE", offer, far, func(answer []byte, _ int) {
			if l.up() {
				if answer == nil {
					l.acknowledgeSilently(offer)
				} else {
					l.acknowledge(answer)
				}
			}
			done(answer != nil && l.up())
			c.finish()
		})
	})
	if !begun {
		done(false)
	}
}
