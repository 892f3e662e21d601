// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"net"
	"strconv"

	"offhook.dev/services/flowtoken"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/sipstack"
)

// follow takes the calls of a phone along to the flow by which it has registered:
// the connection or the edge that they came by may be gone (RFC 5626 4.3). Which
// calls are the phone's is told by its address of now, as it names it in both.
func (d *Driver) follow(binding registrar.Binding) {
	contact, err := sipstack.ParseURI(binding.Contact)
	if err != nil {
		return
	}
	at := addressOfURI(contact)
	for _, l := range d.legs {
		b := l.branch
		if !l.up() || b == nil || b.trunk != nil || b.device == nil || b.device.GetUsername() != binding.Device {
			continue
		}
		if addressOfURI(b.dialog.RemoteTarget()) == at {
			b.dialog.SetRouteSet(binding.Path)
		}
	}
}

func addressOfURI(uri sipstack.URI) string {
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	return net.JoinHostPort(uri.Host, strconv.Itoa(port))
}

// Edge is what is known of an edge by its host:port.
type Edge uint8

// What may be known of an edge.
const (
	EdgeGone Edge = iota
	// EdgeDrains: it is about to go, but has its connections still.
	EdgeDrains
	EdgeLives
)

// Rerouting puts a live edge in place of one that has gone, in a Route that an
// edge wrote: the token in it names the way to the phone to any edge. An edge that
// drains is left to those that it has a connection to. edge tells what is known of
// one, pick gives one that lives for a token.
func Rerouting(edge func(hostPort string) Edge, pick func(token string) (hostPort string, ok bool)) func(route string) string {
	return func(route string) string {
		address, err := sipstack.ParseNameAddr(route)
		if err != nil || address.URI.User == "" || !address.URI.UriParams.Has("lr") {
			return route
		}
		switch edge(address.URI.HostPort()) {
		case EdgeLives:
			return route
		case EdgeDrains:
			if !flowtoken.Datagram(address.URI.User) {
				return route
			}
		case EdgeGone:
		}
		next, ok := pick(address.URI.User)
		if !ok {
			return route
		}
		host, portText, err := net.SplitHostPort(next)
		if err != nil {
			return route
		}
		port, err := strconv.Atoi(portText)
		if err != nil {
			return route
		}
		address.URI.Host, address.URI.Port = host, port
		return address.String()
	}
}
