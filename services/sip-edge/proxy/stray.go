// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"strconv"

	"offhook.dev/services/sipstack"
)

// StrayFromPhone passes on what came from outside and belongs to no
// transaction: an ACK to a 2xx, or a 2xx that is sent again.
func (p *Proxy) StrayFromPhone(flow sipstack.Flow, req *sipstack.Request, res *sipstack.Response) {
	if res != nil {
		p.strays.WithLabelValues(fromPhone, p.respondAgain(toPhone, res)).Inc()
		return
	}
	ack := req.Clone()
	route, _ := p.Outer.StripRoute(ack)
	target, no := p.targetOf(ack, route.User, flow)
	if no != nil {
		p.strays.WithLabelValues(fromPhone, no.result).Inc()
		return
	}
	dest, ok := p.ownerFlow(target, ack)
	if !ok {
		p.strays.WithLabelValues(fromPhone, resultNoOwner).Inc()
		return
	}
	p.strays.WithLabelValues(fromPhone, p.strayRequest(ack, p.Inner, dest)).Inc()
}

// StrayFromInside is StrayFromPhone for phone-control.
func (p *Proxy) StrayFromInside(_ sipstack.Flow, req *sipstack.Request, res *sipstack.Response) {
	if res != nil {
		p.strays.WithLabelValues(toPhone, p.respondAgain(fromPhone, res)).Inc()
		return
	}
	ack := req.Clone()
	route, _ := p.Inner.StripRoute(ack)
	named, result := p.phoneOf(ack, route.User)
	if result == resultForwarded {
		result = p.strayRequest(ack, p.Outer, destinationOf(named))
	}
	p.strays.WithLabelValues(toPhone, result).Inc()
}

// strayRequest sends an ACK to a 2xx on, which has no transaction and gets no
// answer.
func (p *Proxy) strayRequest(ack *sipstack.Request, out Endpoint, dest sipstack.Flow) string {
	if hops := ack.MaxForwards(); hops != nil {
		if hops.Val() == 0 {
			return resultTooManyHop
		}
		left := strconv.Itoa(int(hops.Val()) - 1)
		ack.RemoveHeader("Max-Forwards")
		ack.AppendHeader(sipstack.NewHeader("Max-Forwards", left))
	}
	if err := out.SendStateless(ack, dest); err != nil {
		p.Logger.Debug("pass ACK on", "dest", dest.Remote, "error", err)
		return resultSendFailed
	}
	return resultForwarded
}

// respondAgain passes a repeated 2xx back by the INVITE's own transaction, and
// drops what answers no INVITE that went in that direction.
func (p *Proxy) respondAgain(direction string, res *sipstack.Response) string {
	tx, ok := p.invites.find(inviteKeyOf(direction, res))
	if !ok || !res.IsSuccess() {
		return resultNoRoute
	}
	if err := tx.RespondWith(sipstack.StripVia(res)); err != nil {
		return resultSendFailed
	}
	return resultForwarded
}
