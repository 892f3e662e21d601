// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"errors"
	"strings"
	"time"

	"offhook.dev/services/sipstack"
)

var allowed = []sipstack.RequestMethod{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "NOTIFY", "UPDATE"}

var _ sipstack.Handler = (*Phone)(nil)

// HandleRequest implements sipstack.Handler.
func (p *Phone) HandleRequest(tx *sipstack.ServerTx) {
	switch tx.Request().Method {
	case "INVITE":
		p.ring(tx)
	case "OPTIONS":
		_ = tx.RespondOptions(allowed, []string{sdpType}, nil)
	case "NOTIFY":
		_ = tx.Reject(489)
	default:
		_ = tx.RejectMethod(allowed...)
	}
}

// HandleStray implements sipstack.Handler.
func (p *Phone) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

func (p *Phone) ring(tx *sipstack.ServerTx) {
	request := tx.Request()
	if !tx.RequireOnly("timer") {
		return
	}
	call := &Call{phone: p, state: starting, incoming: tx, peer: "unknown"}
	if from, err := sipstack.ParseNameAddr(sipstack.HeaderValue(request, "From")); err == nil {
		call.peer = from.URI.User
	}
	if body := request.Body(); len(body) > 0 {
		if sipstack.MediaType(request) != sdpType {
			_ = tx.RejectContentType(sdpType)
			return
		}
		call.offer = body
	}
	switch err := p.add(call); {
	case errors.Is(err, ErrTooManyCalls):
		_ = tx.Reject(486)
		return
	case errors.Is(err, ErrPhoneShutDown):
		_ = tx.Reject(480)
		return
	case err != nil:
		_ = tx.Reject(500)
		return
	}
	dialog, err := tx.Ring(180, sipstack.WithHeader(p.capabilities()...), sipstack.WithContact(p.contact))
	if err != nil {
		_ = tx.Reject(500)
		call.finish(err.Error())
		return
	}
	dialog.SetHandler(call)
	call.mutex.Lock()
	call.dialog, call.state = dialog, Ringing
	call.mutex.Unlock()
	tx.OnCancel(func() { call.finish("cancelled") })
	p.report(IncomingCall, call, "")
	switch {
	case p.settings.AutoAnswer && asksAutoAnswer(request):
		_ = call.Answer()
	case p.settings.AnswerAfter > 0:
		timer := time.AfterFunc(p.settings.AnswerAfter, func() { _ = call.Answer() })
		call.mutex.Lock()
		call.timers = append(call.timers, func() { timer.Stop() })
		call.mutex.Unlock()
	}
}

// asksAutoAnswer looks for the headers that desk phones obey: Call-Info with
// answer-after=0, Alert-Info with info=alert-autoanswer, Answer-Mode: Auto
// (RFC 5373).
func asksAutoAnswer(request *sipstack.Request) bool {
	for _, value := range sipstack.HeaderValues(request, "Call-Info") {
		if strings.Contains(strings.ToLower(value), "answer-after=0") {
			return true
		}
	}
	for _, value := range sipstack.HeaderValues(request, "Alert-Info") {
		if strings.Contains(strings.ToLower(value), "info=alert-autoanswer") {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(sipstack.HeaderValue(request, "Answer-Mode")), "auto")
}
