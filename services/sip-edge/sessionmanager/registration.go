// SPDX-License-Identifier: Apache-2.0

package sessionmanager

import (
	"errors"
	"strconv"
	"strings"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/sipstack"
)

// Bounds of a registration's life, those of CME's keepalive command.
const (
	minExpires     = time.Minute
	maxExpires     = time.Hour
	defaultExpires = 5 * time.Minute
)

var errContact = errors.New("not one address in Contact")

// registration is what a REGISTER asks for.
type registration struct {
	callID, userAgent string
	// contact is empty where the REGISTER only asks who is registered.
	contact *sipstack.NameAddr
	// expires as asked for; negative: not at all.
	expires time.Duration
	// all is "Contact: *".
	all bool
}

func readRegistration(req *sipstack.Request) (registration, error) {
	r := registration{
		callID: sipstack.HeaderValue(req, "Call-ID"), userAgent: sipstack.HeaderValue(req, "User-Agent"),
		expires: parseSeconds(sipstack.HeaderValue(req, "Expires")),
	}
	values := sipstack.ListValues(req, "Contact")
	switch {
	case len(values) == 0:
		return r, nil
	case len(values) > 1:
		return registration{}, errContact
	case strings.TrimSpace(values[0]) == "*":
		if r.expires != 0 {
			return registration{}, errContact // RFC 3261 10.2.2
		}
		r.all = true
		return r, nil
	}
	contact, err := sipstack.ParseNameAddr(values[0])
	if err != nil {
		return registration{}, errContact
	}
	if own, ok := contact.Params["expires"]; ok {
		r.expires = parseSeconds(own)
	}
	r.contact = &contact
	return r, nil
}

// parseSeconds reads delta-seconds; negative: there are none.
func parseSeconds(text string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return -1
	}
	return time.Duration(n) * time.Second
}

// granted is how long a registration lasts; false: what was asked for is too
// short.
func granted(asked, keepalive time.Duration) (time.Duration, bool) {
	if keepalive <= 0 {
		keepalive = defaultExpires
	}
	keepalive = min(max(keepalive, minExpires), maxExpires)
	switch {
	case asked < 0:
		return keepalive, true
	case asked < minExpires:
		return 0, false
	default:
		return min(asked, keepalive), true
	}
}

// verdict is what becomes of a keepalive of a ctiAware session manager.
type verdict struct {
	answer bool
	// seen: a session was there since this run of the application began.
	seen bool
}

// judge decides on a REGISTER. A registration that is new, under another
// Call-ID or after the one before ran out, is answered: its application has
// still to open its session. Once a session was there, answers depend on it.
// before is nil where none is registered; sessions is negative where their
// number is not known, and then the REGISTER is answered.
func judge(before *statev1.SessionManagerRecord, callID string, sessions int, now time.Time) verdict {
	seen := sessions > 0
	if before == nil || before.GetCallId() != callID || !before.GetExpires().AsTime().After(now) {
		return verdict{answer: true, seen: seen}
	}
	seen = seen || before.GetSessionSeen()
	return verdict{answer: sessions != 0 || !seen, seen: seen}
}
