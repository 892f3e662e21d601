// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"net"
	"strconv"

	"offhook.dev/services/flowtoken"
	"offhook.dev/services/sipstack"
)

// trunkLocal stands in a token for the local side of a flow: it names the trunk
// and not a flow, so that requests find their way by their Request-URI.
const trunkLocal = "trunk"

// trunkDestination is how a request of phone-control goes out to the trunk of the
// target, and only there.
func (p *Proxy) trunkDestination(req *sipstack.Request, target string) (flowtoken.Token, string) {
	configured, ok := p.Targets.Snapshot().TargetByName(target)
	if !ok || configured.Trunk == nil {
		return flowtoken.Token{}, resultNoRoute
	}
	peer, err := sipstack.ParseURI(configured.Trunk.GetUri())
	if err != nil || peer.Host != req.Recipient.Host || peer.Port != req.Recipient.Port {
		return flowtoken.Token{}, resultForged
	}
	p.Inner.StripRoute(req)
	return trunkToken(peer, target), resultForwarded
}

func trunkToken(peer sipstack.URI, target string) flowtoken.Token {
	network, ok := peer.UriParams.Get("transport")
	if !ok {
		network = "udp"
	}
	port := peer.Port
	if port == 0 {
		port = 5060
	}
	return flowtoken.Token{Network: network, Local: trunkLocal, Remote: net.JoinHostPort(peer.Host, strconv.Itoa(port)), Target: target}
}

// fromTrunk tells whether a flow is that of the target's trunk.
func (p *Proxy) fromTrunk(target string, from sipstack.Flow) bool {
	configured, ok := p.Targets.Snapshot().TargetByName(target)
	return ok && configured.Trunk.Accepts(from.Network, from.Remote)
}

// mayUse tells whether who sent a request may name the token: the phone that it
// was given to, or the trunk.
func (p *Proxy) mayUse(named flowtoken.Token, from sipstack.Flow) bool {
	if named.Local == trunkLocal {
		return p.fromTrunk(named.Target, from) || sameSource(flowtoken.Token{Network: from.Network, Remote: named.Remote}, from)
	}
	return sameSource(named, from)
}

// destinationOf is the flow that a token names; zero where the Request-URI says
// where to go.
func destinationOf(named flowtoken.Token) sipstack.Flow {
	if named.Local == trunkLocal {
		return sipstack.Flow{}
	}
	return flowOf(named)
}
