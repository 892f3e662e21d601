// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"cmp"
	"slices"
	"time"
)

// Policy bounds registrations.
type Policy struct {
	MinExpires, DefaultExpires, MaxExpires time.Duration
	// MaxBindings is how many phones one line may have; one more replaces the
	// one that registered longest ago.
	MaxBindings int
}

// NewDefaultPolicy gives one minute, one hour, two hours and ten phones.
func NewDefaultPolicy() Policy {
	return Policy{MinExpires: time.Minute, DefaultExpires: time.Hour, MaxExpires: 2 * time.Hour, MaxBindings: 10}
}

// Register is a REGISTER whose sender is known to be the device of the line.
type Register struct {
	Line, Device string
	CallID       string
	CSeq         uint32
	Contacts     []Contact
	// Star is set for "Contact: *".
	Star bool
	// Expires is the Expires header in seconds, negative where absent.
	Expires     int
	Path        []string
	UserAgent   string
	AllowEvents []string
	Source      any
}

// Contact is one value of the Contact header.
type Contact struct {
	URI, Instance string
	// Expires is the expires parameter in seconds, negative where absent.
	Expires int
}

// Outcome is what a REGISTER, an expiry or a removal of lines brought about.
type Outcome struct {
	// Code is the SIP status to answer with: 200, 400, 423 or 500.
	Code int
	// Bindings are those of the line after the request, newest first.
	Bindings []Binding
	// Put and Deleted are the changes to store.
	Put, Deleted []Binding
	// InService and OutOfService are lines that got their first binding or
	// lost their last one.
	InService, OutOfService []string
}

// Bindings are the bindings of all lines of a target. It is not safe for
// concurrent use.
type Bindings struct {
	policy Policy
	lines  map[string][]Binding
	order  uint64
}

// NewBindings gives an empty table.
func NewBindings(policy Policy) *Bindings {
	return &Bindings{policy: policy, lines: make(map[string][]Binding)}
}

// SetPolicy changes the bounds for later registrations.
func (t *Bindings) SetPolicy(policy Policy) { t.policy = policy }

// Restore puts a stored binding back, unless it has expired.
func (t *Bindings) Restore(b Binding, now time.Time) bool {
	if !now.Before(b.Expires) {
		return false
	}
	t.put(b)
	return true
}

// Of lists the bindings of a line, the newest registration first.
func (t *Bindings) Of(line string) []Binding {
	return slices.Clone(t.lines[line])
}

// Lines are the lines that have a binding, sorted.
func (t *Bindings) Lines() []string {
	lines := make([]string, 0, len(t.lines))
	for line := range t.lines {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// Len counts all bindings.
func (t *Bindings) Len() int {
	n := 0
	for _, bindings := range t.lines {
		n += len(bindings)
	}
	return n
}

// Register does what a REGISTER asks for (RFC 3261 10.3, steps 6 to 8). It
// changes nothing unless the outcome's code is 200.
func (t *Bindings) Register(r Register, now time.Time) Outcome {
	before := t.lines[r.Line]
	if code := t.check(r, before); code != 0 {
		return Outcome{Code: code, Bindings: slices.Clone(before)}
	}
	out := Outcome{Code: 200}
	if r.Star {
		out.Deleted = slices.Clone(before)
		delete(t.lines, r.Line)
	}
	for _, contact := range r.Contacts {
		binding := Binding{
			Line: r.Line, Device: r.Device, Contact: contact.URI, Instance: contact.Instance, Path: slices.Clone(r.Path),
			CallID: r.CallID, CSeq: r.CSeq, UserAgent: r.UserAgent, AllowEvents: slices.Clone(r.AllowEvents), Source: r.Source,
		}
		lifetime := t.lifetime(contact, r)
		if lifetime == 0 {
			if old, ok := t.remove(binding); ok {
				out.Deleted = append(out.Deleted, old)
			}
			continue
		}
		binding.Expires = now.Add(lifetime)
		t.put(binding)
		out.Put = append(out.Put, binding)
		if bindings := t.lines[r.Line]; len(bindings) > t.policy.MaxBindings {
			oldest := bindings[len(bindings)-1]
			t.remove(oldest)
			out.Deleted = append(out.Deleted, oldest)
		}
	}
	out.Bindings = t.Of(r.Line)
	out.noteService(r.Line, len(before) > 0, len(out.Bindings) > 0)
	return out
}

// check gives the code of a refusal, or 0.
func (t *Bindings) check(r Register, existing []Binding) int {
	if r.Star {
		if r.Expires != 0 || len(r.Contacts) > 0 {
			return 400 // 10.3 step 6: "*" goes alone and with Expires: 0
		}
		for _, b := range existing {
			if b.CallID == r.CallID && r.CSeq <= b.CSeq {
				return 500
			}
		}
		return 0
	}
	for _, contact := range r.Contacts {
		if seconds := t.asked(contact, r); seconds > 0 && time.Duration(seconds)*time.Second < t.policy.MinExpires {
			return 423
		}
		key := Binding{Contact: contact.URI, Instance: contact.Instance}.Key()
		for _, b := range existing {
			if b.Key() == key && b.CallID == r.CallID && r.CSeq <= b.CSeq {
				return 500 // 10.3 step 7: out of order
			}
		}
	}
	return 0
}

// asked is the interval the request asks for in seconds, negative for none.
func (t *Bindings) asked(contact Contact, r Register) int {
	if contact.Expires >= 0 {
		return contact.Expires
	}
	return r.Expires
}

func (t *Bindings) lifetime(contact Contact, r Register) time.Duration {
	seconds := t.asked(contact, r)
	if seconds < 0 {
		return t.policy.DefaultExpires
	}
	// Compared in seconds: a huge value must not overflow a duration.
	if seconds > int(t.policy.MaxExpires/time.Second) {
		return t.policy.MaxExpires
	}
	return time.Duration(seconds) * time.Second
}

// Expire removes what has expired.
func (t *Bindings) Expire(now time.Time) Outcome {
	return t.removeWhere(func(b Binding) bool { return !now.Before(b.Expires) })
}

// Retain removes the bindings whose device the target no longer has.
func (t *Bindings) Retain(has func(line, device string) bool) Outcome {
	return t.removeWhere(func(b Binding) bool { return !has(b.Line, b.Device) })
}

// Remove takes out one binding, for example of a phone that is found dead.
func (t *Bindings) Remove(line, key string) Outcome {
	return t.removeWhere(func(b Binding) bool { return b.Line == line && b.Key() == key })
}

func (t *Bindings) removeWhere(gone func(Binding) bool) Outcome {
	out := Outcome{Code: 200}
	for _, line := range t.Lines() {
		var kept []Binding
		for _, b := range t.lines[line] {
			if gone(b) {
				out.Deleted = append(out.Deleted, b)
			} else {
				kept = append(kept, b)
			}
		}
		if len(kept) == 0 {
			delete(t.lines, line)
			out.OutOfService = append(out.OutOfService, line)
		} else {
			t.lines[line] = kept
		}
	}
	return out
}

// NextExpiry is when the first binding expires; false where there is none.
func (t *Bindings) NextExpiry() (time.Time, bool) {
	var next time.Time
	for _, bindings := range t.lines {
		for _, b := range bindings {
			if next.IsZero() || b.Expires.Before(next) {
				next = b.Expires
			}
		}
	}
	return next, !next.IsZero()
}

func (t *Bindings) put(b Binding) {
	t.remove(b)
	t.order++
	b.order = t.order
	t.lines[b.Line] = append(t.lines[b.Line], b)
	slices.SortFunc(t.lines[b.Line], func(x, y Binding) int { return cmp.Compare(y.order, x.order) })
}

func (t *Bindings) remove(b Binding) (Binding, bool) {
	bindings := t.lines[b.Line]
	key := b.Key()
	i := slices.IndexFunc(bindings, func(x Binding) bool { return x.Key() == key })
	if i < 0 {
		return Binding{}, false
	}
	old := bindings[i]
	kept := slices.Concat(bindings[:i], bindings[i+1:])
	if len(kept) == 0 {
		delete(t.lines, b.Line)
	} else {
		t.lines[b.Line] = kept
	}
	return old, true
}

func (o *Outcome) noteService(line string, before, after bool) {
	switch {
	case !before && after:
		o.InService = append(o.InService, line)
	case before && !after:
		o.OutOfService = append(o.OutOfService, line)
	}
}
