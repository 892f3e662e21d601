// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"offhook.dev/services/sipstack"
)

// dialogHandler serves what comes in the dialog of a subscription.
type dialogHandler struct {
	registry     *Registry
	subscription *Subscription
}

var _ sipstack.DialogHandler = (*dialogHandler)(nil)

// HandleDialogRequest implements sipstack.DialogHandler. Requests in the dialog
// are not challenged: its tags are known to the phone alone.
func (h *dialogHandler) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	if tx.Request().Method != sipstack.SUBSCRIBE {
		_ = tx.RejectMethod(sipstack.SUBSCRIBE)
		return
	}
	h.registry.requested(h.resubscribe(tx))
}

// resubscribe refreshes or ends the subscription, or sets a feature.
func (h *dialogHandler) resubscribe(tx *sipstack.ServerTx) int {
	r, s, req := h.registry, h.subscription, tx.Request()
	p, id, known := readEvent(req)
	switch {
	case !known:
		return badEvent(tx)
	case p != s.Package || id != s.EventID:
		return reject(tx, 481)
	case !tx.RequireOnly():
		return 420
	}
	expires, ok := r.granted(req)
	if !ok {
		return r.tooBrief(tx)
	}
	asked, code := readBody(req, p)
	if code != 0 {
		return rejectBody(tx, code)
	}
	confirm := ""
	if asked != nil {
		r.set(s, *asked)
		confirm = asked.feature()
	}
	if err := tx.Respond(200, "", sipstack.WithHeader(acceptedHeaders(expires)...)); err != nil {
		return 487
	}
	r.change(func() {
		if expires == 0 {
			r.table.End(s, ReasonTimeout)
			return
		}
		r.table.Refresh(s, r.options.Now().Add(expires), confirm)
	})
	return 200
}

// HandleAck implements sipstack.DialogHandler: there is none.
func (h *dialogHandler) HandleAck(*sipstack.Dialog, *sipstack.Request) {}

// HandleDialogEnd implements sipstack.DialogHandler: the phone is gone.
func (h *dialogHandler) HandleDialogEnd(*sipstack.Dialog, sipstack.DialogEnd) {
	h.registry.drop(h.subscription)
}
