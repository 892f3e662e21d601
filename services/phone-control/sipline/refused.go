// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"slices"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// refusals are what the phones of a line that did not take a call said.
type refusals struct {
	// code is the one that tells the caller most.
	code int
	stop func()
}

// defaultPatience is how long phones that have not said a word hold up the
// refusal of the others.
const defaultPatience = 2 * time.Second

// refused handles a final refusal of a phone that we called.
func (b *branch) refused(res *sipstack.Response) {
	l, code := b.leg, res.StatusCode
	wasTrying := b.state == legTrying
	b.drop()
	if code == 430 {
		l.driver.forget(b.binding) // RFC 5626 11.6: the phone's flow is gone
	}
	if wasTrying && len(b.others) > 0 && (code == 430 || sipstack.IsLocal(res)) {
		l.try(b.others)
		return
	}
	if number, ok := redirectTarget(res); ok {
		l.redirected(number)
		return
	}
	l.refuse(code)
}

// refuseLater is a refusal of a phone that could not be called, after the
// command that is being carried out.
func (b *branch) refuseLater(code int) {
	b.leg.driver.loop.Due(func() {
		if b.state != legGone && b.leg.state != legGone {
			b.drop()
			b.leg.refuse(code)
		}
	})
}

// drop takes the branch out of those that may be picked up.
func (b *branch) drop() {
	b.state = legGone
	l := b.leg
	l.branches = slices.DeleteFunc(l.branches, func(other *branch) bool { return other == b })
	b.abort()
}

// refuse notes that one phone of the line refused. The leg fails when all have,
// or one for all of them (RFC 3261 16.7).
func (l *leg) refuse(code int) {
	if rankOf(code) > rankOf(l.refusals.code) {
		l.refusals.code = code
	}
	switch {
	case l.state == legUp:
	case len(l.branches) == 0 || code >= 600:
		l.failAll()
	case l.refusals.stop == nil && !slices.ContainsFunc(l.branches, (*branch).isRinging):
		l.refusals.stop = l.driver.loop.After(l.driver.patience, func() {
			if l.state != legGone && l.state != legUp && !slices.ContainsFunc(l.branches, (*branch).isRinging) {
				l.failAll()
			}
			l.refusals.stop = nil
		})
	}
}

func (b *branch) isRinging() bool { return b.state == legRinging }

// failAll ends the leg, and what still rings, with the refusal noted.
func (l *leg) failAll() {
	for _, b := range slices.Clone(l.branches) {
		b.giveUp()
	}
	l.fail(l.refusals.code)
}

// rankOf orders refusals by what they tell the caller: what a user said before
// what a device did.
func rankOf(code int) int {
	switch {
	case code == 0:
		return 0
	case code >= 600:
		return 5
	case code == 486:
		return 4
	case code == 408 || code == 430 || code == 503:
		return 1
	case code == 480 || code >= 500:
		return 2
	}
	return 3
}

// redirectTarget is the number that a phone wants its call to go to.
func redirectTarget(res *sipstack.Response) (string, bool) {
	if res.StatusCode/100 != 3 {
		return "", false
	}
	for _, value := range sipstack.ListValues(res, "Contact") {
		if contact, err := sipstack.ParseNameAddr(value); err == nil {
			if number := dialledNumber(&contact.URI); number != "" {
				return number, true
			}
		}
	}
	return "", false
}

// redirected ends a leg whose phone wants the call elsewhere.
func (l *leg) redirected(number string) {
	for _, b := range slices.Clone(l.branches) {
		b.giveUp()
	}
	l.state = legGone
	l.remove()
	l.driver.loop.Indicate(callmodel.LegRedirects{Leg: l.id, To: number})
}
