// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"slices"
	"strings"

	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// TargetOf finds the target that a request means: the one that names the host
// of the Request-URI, or that of To, else the one for all other hosts. Where
// both are telephone numbers (RFC 3966), which have no host, that of From counts.
func TargetOf(snapshot *targetconfig.Snapshot, req *sipstack.Request) (*targetconfig.Target, bool) {
	hosts := []string{req.Recipient.Host}
	numbersOnly := req.Recipient.Scheme == "tel"
	if to := req.To(); to != nil {
		hosts = append(hosts, to.Address.Host)
		numbersOnly = numbersOnly && to.Address.Scheme == "tel"
	}
	if from := req.From(); from != nil && numbersOnly {
		hosts = []string{from.Address.Host}
	}
	var fallback *targetconfig.Target
	for _, host := range hosts {
		target, ok := snapshot.TargetByDomain(host)
		if !ok {
			continue
		}
		if names(target, host) {
			return target, true
		}
		fallback = target
	}
	return fallback, fallback != nil
}

func names(target *targetconfig.Target, host string) bool {
	host = strings.TrimSuffix(host, ".")
	return slices.ContainsFunc(target.Config.GetSip().GetDomains(), func(domain string) bool {
		return strings.EqualFold(strings.TrimSuffix(domain, "."), host)
	})
}

// peerOf writes a flow as "tcp:192.0.2.1:5060"; empty: there is no connection now.
func peerOf(flow sipstack.Flow) string {
	if flow.Remote == "" {
		return ""
	}
	return flow.Network + ":" + flow.Remote
}

func uriOf(from interface{ Value() string }) string {
	addr, err := sipstack.ParseNameAddr(from.Value())
	if err != nil {
		return from.Value()
	}
	return addr.URI.String()
}

func toOf(req *sipstack.Request) string {
	if to := req.To(); to != nil {
		return uriOf(to)
	}
	return ""
}

func contactOf(req *sipstack.Request) string {
	addr, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "Contact"))
	if err != nil {
		return ""
	}
	return addr.URI.String()
}

// instanceOf tells one instance of a client from another: +sip.instance of
// Contact (RFC 5626), or the epid of From that Microsoft's clients send.
func instanceOf(req *sipstack.Request) string {
	if addr, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "Contact")); err == nil {
		if instance := addr.Params["+sip.instance"]; instance != "" {
			return strings.Trim(instance, `"<>`)
		}
	}
	if addr, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "From")); err == nil {
		return addr.Params["epid"]
	}
	return ""
}

func remoteTarget(d *sipstack.Dialog) string {
	uri := d.RemoteTarget()
	return uri.String()
}
