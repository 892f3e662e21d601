// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"net"
	"net/netip"
)

// Source names the source of a host:port for a PerSource: the IPv4 address,
// or the /64 of an IPv6 address, because one host commands all of it. What is
// no address is returned as it is.
func Source(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return host
	}
	return prefix.String()
}
