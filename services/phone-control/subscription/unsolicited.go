// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"crypto/rand"
	"slices"

	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/sipstack"
)

// maxDeaf bounds what is remembered of phones that don't take a NOTIFY unasked.
const maxDeaf = 10000

// sendSummaries tells phones of messages that did not subscribe.
func (r *Registry) sendSummaries(ctx context.Context) {
	for ctx.Err() == nil {
		r.mu.Lock()
		line, any := "", false
		for line = range r.summaries {
			any = true
			delete(r.summaries, line)
			break
		}
		r.mu.Unlock()
		if !any {
			return
		}
		r.sendSummary(ctx, line)
	}
}

func (r *Registry) sendSummary(ctx context.Context, line string) {
	var phones []registrar.Binding
	bindings := r.options.Phones(line)
	r.mu.Lock()
	for _, binding := range bindings {
		if _, deaf := r.deaf[deafKey(binding)]; !deaf && !r.table.Subscribed(MessageSummary, line, binding.Device) {
			phones = append(phones, binding)
		}
	}
	r.mu.Unlock()
	if len(phones) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, linesTimeout)
	defer cancel()
	waiting := r.options.Lines.MessageWaiting(ctx, line)
	for _, phone := range phones {
		r.tellUnasked(phone, waiting)
	}
}

// tellUnasked sends a NOTIFY outside any subscription, which many phones
// take for message-summary.
func (r *Registry) tellUnasked(phone registrar.Binding, waiting MessageWaiting) {
	contact, err := sipstack.ParseURI(phone.Contact)
	if err != nil {
		return
	}
	account := "sip:" + phone.Line + "@" + r.domain()
	req := sipstack.NewRequest(sipstack.NOTIFY, contact)
	for _, value := range slices.Backward(phone.Path) {
		route, err := sipstack.ParseNameAddr(value)
		if err != nil {
			return
		}
		sipstack.AddRoute(req, route.URI)
	}
	for _, field := range [][2]string{
		{"From", "<" + account + ">;tag=" + rand.Text()}, {"To", "<" + account + ">"}, {"Contact", "<" + account + ">"},
		{"Event", string(MessageSummary)}, {"Subscription-State", "terminated;reason=noresource"}, {"Content-Type", typeSummary},
	} {
		req.AppendHeader(sipstack.NewHeader(field[0], field[1]))
	}
	req.SetBody(summaryBody(account, waiting))
	var dest sipstack.Flow
	if flow, ok := phone.Source.(sipstack.Flow); ok && len(phone.Path) == 0 {
		dest = flow
	}
	_, err = r.options.Endpoint.Send(req, dest, func(res *sipstack.Response) {
		if res.StatusCode < 200 {
			return
		}
		r.options.Metrics.notified(r.options.Target, "unsolicited", res.StatusCode)
		if refusesForGood(res.StatusCode) {
			r.ignoreUnasked(phone)
		}
	})
	if err != nil {
		r.options.Logger.Debug("send NOTIFY unasked", "target", r.options.Target, "line", phone.Line, "error", err)
	}
}

// ignoreUnasked remembers a phone that wants no NOTIFY unasked, until it
// registers under another Call-ID.
func (r *Registry) ignoreUnasked(phone registrar.Binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.deaf) >= maxDeaf {
		clear(r.deaf)
	}
	r.deaf[deafKey(phone)] = struct{}{}
}

func deafKey(b registrar.Binding) string { return b.Line + " " + b.Key() + " " + b.CallID }

// domain is the first that the target is known by.
func (r *Registry) domain() string {
	target := r.options.Config()
	for _, domain := range target.Config.GetSip().GetDomains() {
		if domain != "*" {
			return domain
		}
	}
	return target.Realm()
}
