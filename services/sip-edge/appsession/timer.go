// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"offhook.dev/services/sipstack"
)

const (
	defaultExpires = 30 * time.Minute
	// leastSE is the least that RFC 4028 5 lets anyone ask for.
	leastSE = 90 * time.Second
)

// timer is what a request says of the session timer (RFC 4028) and what was
// agreed.
type timer struct {
	supported bool
	tooSmall  bool
	// asked is the request's Session-Expires; zero: none.
	asked   time.Duration
	expires time.Duration
	minSE   time.Duration
}

func readTimer(req *sipstack.Request, minSE time.Duration) timer {
	if minSE <= 0 {
		minSE = leastSE
	}
	t := timer{minSE: minSE}
	for _, name := range []string{"Supported", "Require"} {
		t.supported = t.supported || slices.ContainsFunc(sipstack.ListValues(req, name), func(option string) bool {
			return strings.EqualFold(option, "timer")
		})
	}
	value, _, _ := strings.Cut(sipstack.HeaderValue(req, "Session-Expires"), ";")
	if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		t.asked = time.Duration(n) * time.Second
	}
	t.tooSmall = t.asked > 0 && t.asked < minSE
	return t
}

// agree settles the interval: the offered one, or a shorter one that the
// request asks for, never less than minSE.
func (t *timer) agree(offered, minSE time.Duration) {
	if offered <= 0 {
		offered = defaultExpires
	}
	if minSE > 0 {
		t.minSE = minSE
	}
	t.expires = offered
	if t.asked > 0 {
		t.expires = min(t.asked, offered)
	}
	t.expires = max(t.expires, t.minSE)
}
