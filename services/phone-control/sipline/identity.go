// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// anonymous is how a party is shown who does not want to be (RFC 3323 4.1.1.3).
var anonymous = sipstack.NameAddr{
	DisplayName: "Anonymous", URI: sipstack.URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"},
}

// domain is what stands behind the @ in addresses that phones are shown.
func (d *Driver) domain() string {
	for _, domain := range d.config().Config.GetSip().GetDomains() {
		if domain != "*" {
			return domain
		}
	}
	return d.address
}

// addressOfNumber is the SIP URI of a number of the target.
func (d *Driver) addressOfNumber(number string) sipstack.URI {
	return sipstack.URI{Scheme: "sip", User: escapeUser(number), Host: d.domain()}
}

// partyOf is a number of the target with the name of its line.
func (d *Driver) partyOf(number callmodel.DeviceID) callmodel.Party {
	party := callmodel.Party{Number: number}
	if line, ok := d.config().Line(string(number)); ok {
		party.Name = line.GetDisplayName()
	}
	return party
}

// shownAs is a party as a phone is shown it. The name is that of the line where
// the model gives none.
func (d *Driver) shownAs(party callmodel.Party) sipstack.NameAddr {
	if party.Restricted {
		return anonymous
	}
	if party.Name == "" {
		party.Name = d.partyOf(party.Number).Name
	}
	return sipstack.NameAddr{DisplayName: party.Name, URI: d.addressOfNumber(string(party.Number))}
}

// onTrunk tells whether the leg's other end is the trunk.
func (l *leg) onTrunk() bool { return l.ring.trunk || l.branch != nil && l.branch.trunk != nil }

// asserted is a party as the leg's end is told who it is: the trunk gets numbers
// as it knows them.
func (l *leg) asserted(party callmodel.Party) sipstack.NameAddr {
	d := l.driver
	party.Restricted = false
	if l.onTrunk() {
		if party.Name == "" {
			party.Name = d.partyOf(party.Number).Name
		}
		party.Number = callmodel.DeviceID(d.config().DialPlan.Presented(string(party.Number)))
	}
	return d.shownAs(party)
}

// identityHeaders tell the leg's end who is at the other one (RFC 3325), and that
// it is not to be shown (RFC 3323). Phones are not told at all then; the trunk is,
// since networks take no calls of nobody.
func (l *leg) identityHeaders(party callmodel.Party) []sipstack.Header {
	var headers []sipstack.Header
	if party.Restricted {
		headers = append(headers, sipstack.NewHeader("Privacy", "id"))
	}
	if party.Number != "" && (!party.Restricted || l.onTrunk()) {
		headers = append(headers, sipstack.NewHeader("P-Asserted-Identity", l.asserted(party).String()))
	}
	return headers
}

// ringHeaders are those of an INVITE besides the usual ones: who calls, who sent
// the call here (RFC 5806), and the call's global id. Phones differ in which of
// the three auto-answer headers they know.
func (l *leg) ringHeaders() []sipstack.Header {
	d := l.driver
	headers := append([]sipstack.Header{sipstack.NewHeader("Allow", allowValue())}, l.identityHeaders(l.ring.shown)...)
	if l.ring.redirectedBy != "" {
		by := l.asserted(callmodel.Party{Number: l.ring.redirectedBy})
		headers = append(headers, sipstack.NewHeader("Diversion", by.String()+";reason="+diversionReason(l.ring.redirectedFor)+";counter=1"))
	}
	if id := formatGlobalCallID(l.ring.globalCallID); id != "" {
		headers = append(headers, sipstack.NewHeader("Cisco-Gcid", id))
	}
	if l.ring.autoAnswer {
		host := d.domain()
		headers = append(headers,
			sipstack.NewHeader("Call-Info", "<sip:"+host+">;answer-after=0"),
			sipstack.NewHeader("Alert-Info", "<http://"+host+">;info=alert-autoanswer;delay=0"),
			sipstack.NewHeader("Answer-Mode", "Auto"))
	}
	return headers
}

// partyHeaders tell the leg's end, in a re-INVITE or UPDATE, who is at the other
// one where that has changed (RFC 5876).
func (l *leg) partyHeaders() []sipstack.Header {
	if l.wanted.Kind != callmodel.WithLeg {
		return nil
	}
	party, ok := l.driver.partyAt(l.wanted.Leg)
	if !ok || party.Number == "" || party.Number == l.told {
		return nil
	}
	l.told = party.Number
	return l.identityHeaders(party)
}

// partyAt is who is at the end of a leg, of ours or of the other line side.
func (d *Driver) partyAt(leg callmodel.LegID) (callmodel.Party, bool) {
	if l, ok := d.legs[leg]; ok {
		return l.party, true
	}
	if d.neighbour == nil {
		return callmodel.Party{}, false
	}
	return d.neighbour.Party(leg)
}

// isAnonymous tells the address of one who stays unknown (RFC 3323 4.1.1.3).
func isAnonymous(uri *sipstack.URI) bool {
	return strings.EqualFold(uri.User, "anonymous") || strings.HasSuffix(strings.ToLower(uri.Host), "anonymous.invalid")
}

// wantsPrivacy reports whether the sender of a request does not want to be
// known to the party it calls (RFC 3323).
func wantsPrivacy(request *sipstack.Request) bool {
	for _, value := range sipstack.HeaderValues(request, "Privacy") {
		for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(word) {
			case "id", "user", "header":
				return true
			}
		}
	}
	from := request.From()
	return from != nil && isAnonymous(&from.Address)
}

// globalCallID reads Cisco-Gcid: 32 hex digits, or empty.
func globalCallID(request *sipstack.Request) string {
	id := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(sipstack.HeaderValue(request, "Cisco-Gcid")), "-", ""))
	if len(id) != 32 || strings.Trim(id, "0123456789ABCDEF") != "" {
		return ""
	}
	return id
}

// formatGlobalCallID writes 32 hex digits as CME does, in four groups of eight.
func formatGlobalCallID(id string) string {
	if len(id) != 32 {
		return ""
	}
	return id[:8] + "-" + id[8:16] + "-" + id[16:24] + "-" + id[24:]
}

// escapeUser escapes what a user part must not hold (RFC 3261 25.1).
func escapeUser(number string) string {
	const plain = "-_.!~*'()&=+$,;?/"
	var out strings.Builder
	for i := range len(number) {
		c := number[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(plain, c) >= 0 {
			out.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		out.WriteByte('%')
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}
