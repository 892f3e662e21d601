// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"offhook.dev/services/flowtoken"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// FromInside serves a request of phone-control: it goes to the flow that the
// token in its Route names (RFC 5626 5.3), or to the target's trunk.
func (p *Proxy) FromInside(tx *sipstack.ServerTx) {
	if p.finishing.Load() {
		_ = tx.RejectBusy(ownerRetry)
		p.requests.WithLabelValues(toPhone, resultFinishing).Inc()
		return
	}
	req := tx.Forward()
	if req == nil {
		p.requests.WithLabelValues(toPhone, resultTooManyHop).Inc()
		return
	}
	route, _ := tx.OwnRoute()
	named, result := p.phoneOf(req, route.User)
	if result == resultForged && route.UriParams.Has(targetconfig.TrunkFlag) {
		named, result = p.trunkDestination(req, route.User)
	}
	switch result {
	case resultNoRoute:
		_ = tx.Respond(404, "No Route To A Phone")
	case resultForged:
		_ = tx.Respond(403, "Route Refused")
	case resultFlowGone:
		_ = tx.Respond(430, "Flow Failed")
	case resultForwarded:
		if startsDialog(req) {
			token := p.Tokens.Seal(named)
			sipstack.AddRecordRoute(req, p.Inner.RouteURI("tcp", token))
			sipstack.AddRecordRoute(req, p.Outer.RouteURI(named.Network, token)) // faces the next hop
		}
		if !p.forward(toPhone, tx, req, p.Outer, destinationOf(named), nil) {
			result = resultSendFailed
		}
	}
	p.requests.WithLabelValues(toPhone, result).Inc()
}

// phoneOf reads the token of a request of phone-control and takes the rest of
// our route off.
func (p *Proxy) phoneOf(req *sipstack.Request, token string) (flowtoken.Token, string) {
	if token == "" {
		return flowtoken.Token{}, resultNoRoute
	}
	named, err := p.Tokens.Open(token)
	if err != nil {
		return flowtoken.Token{}, resultForged
	}
	p.Outer.StripRoute(req)
	stripToken(req, token)
	if flow := destinationOf(named); flow != (sipstack.Flow{}) && !p.Outer.FlowAlive(flow) {
		return flowtoken.Token{}, resultFlowGone
	}
	return named, resultForwarded
}
