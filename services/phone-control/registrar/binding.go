// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Binding is one phone of a line: where requests for the line are sent.
type Binding struct {
	Line   string
	Device string
	// Contact is the contact URI of the phone, a Request-URI for it.
	Contact string
	// Instance is the +sip.instance of the contact (RFC 5626), or empty.
	Instance string
	// Path are the Path header values in the order received: the Route of a
	// request to the phone (RFC 3327 5.3).
	Path        []string
	CallID      string
	CSeq        uint32
	UserAgent   string
	AllowEvents []string
	Expires     time.Time
	// Source is the flow the REGISTER came by, in a form that the caller
	// chose; requests go there when there is no Path. It is not kept in the
	// store: it does not outlive the process.
	Source any
	// order counts registrations, so that the newest phone is known.
	order uint64
}

// Key names the binding within its line: two contacts with equal keys replace
// each other. It is the instance where the phone tells one (RFC 5626 6), else
// the contact address (RFC 3261 10.3, 19.1.4).
func (b Binding) Key() string {
	if b.Instance != "" {
		return b.Instance
	}
	return addressKey(b.Contact)
}

// SamePhone reports whether two bindings of a device are of one phone that has
// registered again: by the same instance, or without one from the same host and
// port. A phone that starts anew under another contact often leaves the last
// one behind.
func (b Binding) SamePhone(other Binding) bool {
	if b.Instance != "" || other.Instance != "" {
		return b.Instance == other.Instance
	}
	return hostKey(b.Contact) == hostKey(other.Contact)
}

// hostKey is addressKey without the user.
func hostKey(uri string) string {
	key := addressKey(uri)
	scheme, rest, _ := strings.Cut(key, ":")
	return scheme + ":" + rest[strings.LastIndexByte(rest, '@')+1:]
}

// addressKey reduces a contact URI to what makes it differ from another one:
// scheme, user, host, port and transport.
func addressKey(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	rest, _, _ = strings.Cut(rest, "?")
	address, parameters, _ := strings.Cut(rest, ";")
	user, host := "", address
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		user, host = address[:at+1], address[at+1:]
	}
	transport := ""
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "transport") {
			transport = ";transport=" + strings.ToLower(strings.TrimSpace(value))
		}
	}
	return strings.ToLower(scheme) + ":" + user + strings.ToLower(host) + transport
}

// StoreKey is the binding's key in the bucket "registrations":
// "<target>.<line>.<hash>", with what a key must not hold escaped.
func StoreKey(target string, b Binding) string {
	sum := sha256.Sum256([]byte(b.Key()))
	return StorePrefix(target) + bus.EncodeKey(b.Line) + "." + hex.EncodeToString(sum[:12])
}

// StorePrefix begins the keys of all bindings of a target.
func StorePrefix(target string) string { return bus.EncodeKey(target) + "." }

// Record writes the binding as it is stored.
func (b Binding) Record(target string) *statev1.RegistrationRecord {
	return &statev1.RegistrationRecord{
		Target: target, Line: b.Line, Device: b.Device, Contact: b.Contact, Path: b.Path,
		CallId: b.CallID, Cseq: b.CSeq, UserAgent: b.UserAgent, AllowEvents: b.AllowEvents,
		Instance: b.Instance, Expires: timestamppb.New(b.Expires),
	}
}

// BindingOf reads a stored binding.
func BindingOf(record *statev1.RegistrationRecord) Binding {
	return Binding{
		Line: record.GetLine(), Device: record.GetDevice(), Contact: record.GetContact(), Path: record.GetPath(),
		CallID: record.GetCallId(), CSeq: record.GetCseq(), UserAgent: record.GetUserAgent(),
		AllowEvents: record.GetAllowEvents(), Instance: record.GetInstance(), Expires: record.GetExpires().AsTime(),
	}
}
