// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"
	"net/url"
	"strings"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// transfer is a phone's wish to transfer (REFER, RFC 3515) until the model has
// done or refused it. The phone makes no call of its own: the far phones are
// connected from here.
type transfer struct {
	id callmodel.ReferID
	// silent: the phone wants no NOTIFY (RFC 4488).
	silent bool
}

// refer handles a REFER of the phone.
func (l *leg) refer(tx *sipstack.ServerTx) {
	request := tx.Request()
	targets := sipstack.ListValues(request, "Refer-To")
	switch {
	case len(targets) != 1:
		_ = tx.Reject(400)
		return
	case !l.up() || l.refers != nil:
		_ = tx.Reject(491)
		return
	}
	to, err := sipstack.ParseNameAddr(targets[0])
	if err != nil || to.URI.Scheme != "sip" && to.URI.Scheme != "sips" && to.URI.Scheme != "tel" {
		_ = tx.Reject(400)
		return
	}
	wish := callmodel.LegRefers{Leg: l.id, To: dialledNumber(&to.URI)}
	if text, ok := to.URI.Headers.Get("Replaces"); ok {
		far := l.driver.legOf(text)
		if far == nil || far == l {
			_ = tx.Reject(603) // leaves the calls up and tells the user at once
			return
		}
		wish.To, wish.Replaces = "", far.id
	} else if wish.To == "" {
		_ = tx.Reject(400)
		return
	}
	l.driver.lastRefer++
	wish.Refer = l.driver.lastRefer
	l.refers = &transfer{id: wish.Refer, silent: strings.EqualFold(sipstack.HeaderValue(request, "Refer-Sub"), "false")}
	l.transferring = true
	if l.refers.silent {
		_ = tx.Respond(200, "", sipstack.WithHeader(sipstack.NewHeader("Refer-Sub", "false")))
	} else {
		_ = tx.Respond(202, "")
		l.notifyOfTransfer(100, false)
	}
	l.driver.loop.Indicate(wish)
}

// referred ends a transfer that a phone asked for. The phone is told before the
// model takes its call away.
func (d *Driver) referred(c callmodel.Referred) {
	for _, l := range d.legs {
		if l.refers == nil || l.refers.id != c.Refer {
			continue
		}
		code := 200
		if c.Cause != "" {
			code = statusOf(c.Cause)
		}
		if !l.refers.silent {
			l.notifyOfTransfer(code, true)
		}
		l.refers, l.transferring = nil, false
		return
	}
}

// notifyOfTransfer tells the phone how far its transfer is.
func (l *leg) notifyOfTransfer(code int, last bool) {
	if !l.up() {
		return
	}
	state := "active;expires=60"
	if last {
		state = "terminated;reason=noresource"
	}
	l.branch.send(sipstack.RequestSpec{
		Method: "NOTIFY", KeepOnTimeout: true, ContentType: "message/sipfrag;version=2.0",
		Headers: []sipstack.Header{sipstack.NewHeader("Event", "refer"), sipstack.NewHeader("Subscription-State", state)},
		Body:    fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", code, sipstack.ReasonPhrase(code)),
	}, func(reply) {})
}

// legOf is the leg whose dialog a Replaces value (RFC 3891 6.1) names. Phones
// differ in which tag is whose where they write it into a Refer-To.
func (d *Driver) legOf(replaces string) *leg {
	if unescaped, err := url.PathUnescape(replaces); err == nil {
		replaces = unescaped
	}
	parts := strings.Split(replaces, ";")
	callID := strings.TrimSpace(parts[0])
	var tags [2]string
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			tags[0] = strings.TrimSpace(value)
		case "from-tag":
			tags[1] = strings.TrimSpace(value)
		}
	}
	if callID == "" || tags[0] == "" || tags[1] == "" {
		return nil
	}
	for _, l := range d.legs {
		for _, b := range l.dialogs() {
			id := b.dialog.ID()
			if id.CallID == callID && (id.LocalTag == tags[0] && id.RemoteTag == tags[1] || id.LocalTag == tags[1] && id.RemoteTag == tags[0]) {
				return l
			}
		}
	}
	return nil
}

// dialogs are the branches of the leg that have a dialog.
func (l *leg) dialogs() []*branch {
	var found []*branch
	for _, b := range append([]*branch{l.branch}, l.branches...) {
		if b != nil && b.dialog != nil && b.state != legGone {
			found = append(found, b)
		}
	}
	return found
}
