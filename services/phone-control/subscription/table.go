// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"time"

	"offhook.dev/services/sipstack"
)

// Limits bound the subscriptions of one target. Zero fields mean their
// default.
type Limits struct {
	// Subscriptions of the target: 20000. Over it a SUBSCRIBE gets 503.
	Subscriptions int
	// PerDevice is the most of one phone: 256, a phone with key modules. Over
	// it a SUBSCRIBE gets 403.
	PerDevice int
	// PerLine is the most that watch one line with one package: 256. Over it a
	// SUBSCRIBE gets 403.
	PerLine int
	// MinExpires refuses shorter subscriptions with 423: 1 min. DefaultExpires
	// is granted where none is asked for and MaxExpires is the most: 1 h.
	MinExpires, DefaultExpires, MaxExpires time.Duration
	// RequestsPerSecond and Burst limit the SUBSCRIBE of one phone outside a
	// subscription: 5, and 512 at once. Over it they get 503.
	RequestsPerSecond float64
	Burst             int
}

func (l Limits) withDefaults() Limits {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&l.Subscriptions, 20000)
	orInt(&l.PerDevice, 256)
	orInt(&l.PerLine, 256)
	orInt(&l.Burst, 512)
	orTime(&l.MinExpires, time.Minute)
	orTime(&l.MaxExpires, time.Hour)
	orTime(&l.DefaultExpires, time.Hour)
	l.DefaultExpires = min(l.DefaultExpires, l.MaxExpires)
	if l.RequestsPerSecond <= 0 {
		l.RequestsPerSecond = 5
	}
	return l
}

// Errors of Table.Add.
var (
	// ErrTableFull: the target holds as many subscriptions as it may.
	ErrTableFull = errors.New("as many subscriptions as allowed")
	// ErrOwnLimit: the phone has, or the line is watched by, as many as allowed.
	ErrOwnLimit = errors.New("as many subscriptions of this phone or to this line as allowed")
)

// Reason is why a subscription ended (RFC 6665 4.2.2).
type Reason string

// Reasons.
const (
	ReasonTimeout     Reason = "timeout"
	ReasonDeactivated Reason = "deactivated"
	ReasonRejected    Reason = "rejected"
	ReasonNoResource  Reason = "noresource"
)

// Subscription is one subscription of a phone. Its exported fields don't change.
type Subscription struct {
	Package Package
	// Line is watched, Device the user name of the phone that watches.
	Line, Device string
	// Contact is the phone's, without parameters; a phone that subscribes anew
	// from there has forgotten its subscription.
	Contact string
	// EventID is the id parameter of Event.
	EventID string

	expires time.Time
	// due: something is to be told; full: everything; flying: a NOTIFY has no
	// answer yet; ended: the last NOTIFY is due; gone: it is out of the table.
	due, full, flying, gone bool
	ended                   Reason
	confirm                 map[string]bool
	queued                  bool

	// Of the shell only.
	dialog         *sipstack.Dialog
	entity, domain string
	lamps          lamps
	keys           keys
	summary        string
}

type watched struct {
	p    Package
	line string
}

// Table holds the subscriptions of a target and says which of them is to be
// told something. A subscription has at most one NOTIFY under way: what changes
// meanwhile is told together by the next one.
type Table struct {
	limits   Limits
	all      map[*Subscription]struct{}
	watchers map[watched]map[*Subscription]struct{}
	devices  map[string]int
	packages map[Package]int
	queue    []*Subscription
	// next is not after the first expiry; zero: there is none.
	next time.Time
}

// NewTable makes an empty table.
func NewTable(limits Limits) *Table {
	return &Table{
		limits: limits.withDefaults(), all: make(map[*Subscription]struct{}),
		watchers: make(map[watched]map[*Subscription]struct{}), devices: make(map[string]int), packages: make(map[Package]int),
	}
}

// Add takes a subscription in until a time, and gives those that it replaces,
// which are out of the table then. Nothing is due before Established.
func (t *Table) Add(s *Subscription, expires time.Time) (replaced []*Subscription, err error) {
	at := watched{s.Package, s.Line}
	for other := range t.watchers[at] {
		if other.Device == s.Device && other.Contact == s.Contact && other.EventID == s.EventID {
			replaced = append(replaced, other)
		}
	}
	switch {
	case len(t.all)-len(replaced) >= t.limits.Subscriptions:
		return nil, ErrTableFull
	case t.devices[s.Device]-len(replaced) >= t.limits.PerDevice, len(t.watchers[at])-len(replaced) >= t.limits.PerLine:
		return nil, ErrOwnLimit
	}
	for _, other := range replaced {
		t.Remove(other)
	}
	s.flying = true
	t.expiresAt(s, expires)
	t.all[s] = struct{}{}
	if t.watchers[at] == nil {
		t.watchers[at] = make(map[*Subscription]struct{})
	}
	t.watchers[at][s] = struct{}{}
	t.devices[s.Device]++
	t.packages[s.Package]++
	return replaced, nil
}

// Established tells that the SUBSCRIBE was answered: everything is due.
func (t *Table) Established(s *Subscription) {
	s.flying = false
	t.mark(s, true)
}

// Refresh prolongs a subscription and makes everything due; confirm, where not
// empty, makes that feature due alone.
func (t *Table) Refresh(s *Subscription, expires time.Time, confirm string) {
	t.expiresAt(s, expires)
	t.Confirm(s, confirm)
	t.mark(s, confirm == "")
}

// Confirm makes a feature be told although it may not have changed.
func (t *Table) Confirm(s *Subscription, feature string) {
	if feature == "" {
		return
	}
	if s.confirm == nil {
		s.confirm = make(map[string]bool)
	}
	s.confirm[feature] = true
}

// End makes the last NOTIFY due; the first reason counts.
func (t *Table) End(s *Subscription, reason Reason) {
	if s.ended == "" {
		s.ended = reason
	}
	t.mark(s, true)
}

// Remove takes a subscription out.
func (t *Table) Remove(s *Subscription) {
	if s.gone {
		return
	}
	s.gone = true
	if _, in := t.all[s]; !in {
		return
	}
	delete(t.all, s)
	t.packages[s.Package]--
	at := watched{s.Package, s.Line}
	delete(t.watchers[at], s)
	if len(t.watchers[at]) == 0 {
		delete(t.watchers, at)
	}
	if t.devices[s.Device]--; t.devices[s.Device] <= 0 {
		delete(t.devices, s.Device)
	}
}

// Changed makes the subscriptions due that watch a line.
func (t *Table) Changed(p Package, line string) {
	for s := range t.watchers[watched{p, line}] {
		t.mark(s, false)
	}
}

// Expire makes the last NOTIFY due of what ran out.
func (t *Table) Expire(now time.Time) {
	if t.next.IsZero() || t.next.After(now) {
		return
	}
	t.next = time.Time{}
	for s := range t.all {
		switch {
		case s.ended != "":
		case s.expires.After(now):
			t.expiresAt(s, s.expires)
		default:
			t.End(s, ReasonTimeout)
		}
	}
}

// NextExpiry is when Expire is to be called; it may find nothing then.
func (t *Table) NextExpiry() (time.Time, bool) { return t.next, !t.next.IsZero() }

func (t *Table) expiresAt(s *Subscription, expires time.Time) {
	s.expires = expires
	if t.next.IsZero() || expires.Before(t.next) {
		t.next = expires
	}
}

// Retain ends the subscriptions for which keep gives a reason.
func (t *Table) Retain(keep func(*Subscription) Reason) {
	for s := range t.all {
		if reason := keep(s); reason != "" {
			t.End(s, reason)
		}
	}
}

// Notice is what one NOTIFY has to tell.
type Notice struct {
	*Subscription
	// Full: everything, not just what changed.
	Full bool
	// Confirm are features to be told in any case.
	Confirm map[string]bool
	// Ended, where set, makes it the last.
	Ended Reason
	// Expires is when the subscription runs out.
	Expires time.Time
}

// Next takes the next subscription that something is to be told to; it counts
// as having a NOTIFY under way until Answered. One that has ended is taken out.
func (t *Table) Next() (Notice, bool) {
	for len(t.queue) > 0 {
		s := t.queue[0]
		t.queue[0] = nil
		t.queue = t.queue[1:]
		s.queued = false
		if s.gone || s.flying || !s.due {
			continue
		}
		notice := Notice{Subscription: s, Full: s.full, Confirm: s.confirm, Ended: s.ended, Expires: s.expires}
		s.due, s.full, s.confirm, s.flying = false, false, nil, true
		if s.ended != "" {
			t.Remove(s)
		}
		return notice, true
	}
	t.queue = nil
	return Notice{}, false
}

// Answered tells that the NOTIFY under way has its answer, or was not sent.
func (t *Table) Answered(s *Subscription) {
	s.flying = false
	if s.due {
		t.enqueue(s)
	}
}

// Subscribed tells whether a phone watches a line.
func (t *Table) Subscribed(p Package, line, device string) bool {
	for s := range t.watchers[watched{p, line}] {
		if s.Device == device && s.ended == "" {
			return true
		}
	}
	return false
}

// Len is the number of subscriptions, Count that of one package.
func (t *Table) Len() int { return len(t.all) }

// Count is the number of subscriptions of a package.
func (t *Table) Count(p Package) int { return t.packages[p] }

func (t *Table) mark(s *Subscription, full bool) {
	s.due, s.full = true, s.full || full
	if !s.flying {
		t.enqueue(s)
	}
}

func (t *Table) enqueue(s *Subscription) {
	if !s.queued && !s.gone {
		s.queued = true
		t.queue = append(t.queue, s)
	}
}
