// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"net/netip"
	"strings"
)

// TrunkFlag is the parameter of a SIP URI of an edge that tells what belongs to a
// target's trunk: in the Route by which phone-control sends a request out to it
// (the user part names the target), and in the Record-Route of a call that came in
// from it.
const TrunkFlag = "trunk"

// Accepts reports whether a call from a source ("host:port" of the network
// "udp", "tcp" or "tls") is the trunk's: its address is among those that the
// trunk accepts calls from. Where none are named it is the address in the
// trunk's URI, which then must be an IP address, and over UDP its port too.
func (t *Trunk) Accepts(network, source string) bool {
	from, err := netip.ParseAddrPort(source)
	if t == nil || err != nil {
		return false
	}
	address := from.Addr().Unmap()
	for _, text := range t.GetAcceptFrom() {
		if prefix, err := netip.ParsePrefix(text); err == nil && prefix.Contains(address) {
			return true
		}
		if only, err := netip.ParseAddr(text); err == nil && only.Unmap() == address {
			return true
		}
	}
	if len(t.GetAcceptFrom()) > 0 {
		return false
	}
	peer, ok := addressInURI(t.GetUri())
	return ok && peer.Addr() == address && (network != "udp" || peer.Port() == from.Port())
}

// addressInURI is the address and port (5060 where none is said) of a SIP URI
// whose host is an IP address.
func addressInURI(uri string) (netip.AddrPort, bool) {
	_, host, _ := strings.Cut(uri, ":")
	host, _, _ = strings.Cut(host, ";")
	if _, after, ok := strings.Cut(host, "@"); ok {
		host = after
	}
	if peer, err := netip.ParseAddrPort(host); err == nil {
		return netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()), true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return netip.AddrPortFrom(address.Unmap(), 5060), err == nil
}
