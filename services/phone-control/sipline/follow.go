// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"net"
	"strconv"

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

// Rerouting puts a live edge in place of one that has gone, in a Route that an
// edge wrote: the token in it names the way to the phone to any edge. edges gives
// the host:port of the live ones, pick one of them for a token.
func Rerouting(live func(hostPort string) bool, pick func(token string) (hostPort string, ok bool)) func(route string) string {
	return func(route string) string {
		address, err := sipstack.ParseNameAddr(route)
		if err != nil || address.URI.User == "" || !address.URI.UriParams.Has("lr") || live(address.URI.HostPort()) {
			return route
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
