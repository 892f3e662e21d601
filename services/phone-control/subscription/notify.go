// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"strconv"
	"time"

	"offhook.dev/services/sipstack"
)

// notify sends one NOTIFY, unless there is nothing to tell.
func (r *Registry) notify(ctx context.Context, n Notice) {
	body, contentType, ok := r.content(ctx, n)
	if n.Ended != "" {
		r.sendLast(n, body, contentType)
		return
	}
	if !ok {
		r.answered(n.Subscription)
		return
	}
	left := (n.Expires.Sub(r.options.Now()) + time.Second - 1) / time.Second
	err := r.send(n, "active;expires="+strconv.FormatInt(int64(max(0, left)), 10), body, contentType, func(res *sipstack.Response) {
		if res.StatusCode < 200 {
			return
		}
		r.options.Metrics.notified(r.options.Target, string(n.Package), res.StatusCode)
		if refusesForGood(res.StatusCode) {
			r.drop(n.Subscription)
			n.dialog.Reset()
			return
		}
		r.answered(n.Subscription)
	})
	switch {
	case errors.Is(err, sipstack.ErrDialogGone):
		r.drop(n.Subscription)
	case err != nil:
		r.options.Logger.Debug("send NOTIFY", "target", r.options.Target, "line", n.Line, "error", err)
		r.answered(n.Subscription)
	}
}

// sendLast sends the NOTIFY that ends a subscription and forgets its dialog.
func (r *Registry) sendLast(n Notice, body []byte, contentType string) {
	if n.dialog == nil {
		return // its SUBSCRIBE was not answered yet
	}
	err := r.send(n, "terminated;reason="+string(n.Ended), body, contentType, func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			r.options.Metrics.notified(r.options.Target, string(n.Package), res.StatusCode)
		}
	})
	if err != nil && !errors.Is(err, sipstack.ErrDialogGone) {
		r.options.Logger.Debug("send last NOTIFY", "target", r.options.Target, "line", n.Line, "error", err)
	}
	n.dialog.Reset()
}

func (r *Registry) send(n Notice, state string, body []byte, contentType string, onResponse sipstack.ResponseFunc) error {
	_, err := n.dialog.Send(sipstack.RequestSpec{
		Method: sipstack.NOTIFY, Body: body, ContentType: contentType, OnResponse: onResponse,
		Headers: []sipstack.Header{
			sipstack.NewHeader("Event", event(n.Package, n.EventID)), sipstack.NewHeader("Subscription-State", state),
		},
	})
	return err
}

// refusesForGood tells the answers after which a phone wants no more NOTIFY of
// a subscription (RFC 6665 4.2.2): all of 4xx that another try won't change.
func refusesForGood(code int) bool {
	switch code {
	case 401, 407, 408, 423, 429, 480, 486, 491:
		return false
	default:
		return code >= 400 && code < 500 || code == 501 || code == 505
	}
}

// answered lets the next NOTIFY of a subscription go.
func (r *Registry) answered(s *Subscription) { r.change(func() { r.table.Answered(s) }) }

// drop takes a subscription out without a further word.
func (r *Registry) drop(s *Subscription) { r.change(func() { r.table.Remove(s) }) }

// content writes what a NOTIFY tells; false: nothing has changed. It is called
// from the registry's own goroutine only, or after it.
func (r *Registry) content(ctx context.Context, n Notice) (body []byte, contentType string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, linesTimeout)
	defer cancel()
	lines, s := r.options.Lines, n.Subscription
	switch n.Package {
	case Dialog:
		body, ok = s.lamps.document(s.entity, s.domain, lines.Calls(ctx, n.Line), n.Full)
		return body, typeDialog, ok
	case FeatureEvent:
		return s.keys.document(n.Line, lines.Features(ctx, n.Line), n.Full, n.Confirm)
	default:
		body = summaryBody(s.entity, lines.MessageWaiting(ctx, n.Line))
		ok = n.Full || s.summary != string(body)
		s.summary = string(body)
		return body, typeSummary, ok
	}
}
