// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"slices"
	"strings"
)

// Targets are sorted by name.
func (s *Snapshot) Targets() []*Target { return s.targets }

// TargetByName finds a target.
func (s *Snapshot) TargetByName(name string) (*Target, bool) {
	target, ok := s.byName[name]
	return target, ok
}

// TargetByDomain finds the target that a SIP host means: the one that names
// it, compared without case, port and trailing dot, else the one that claims
// "*".
func (s *Snapshot) TargetByDomain(host string) (*Target, bool) {
	if target, ok := s.byDomain[canonicalHost(host)]; ok {
		return target, true
	}
	return s.fallback, s.fallback != nil
}

// Line finds a line of a target by its directory number.
func (s *Snapshot) Line(target, number string) (*Line, bool) {
	t, ok := s.byName[target]
	if !ok {
		return nil, false
	}
	return t.Line(number)
}

// User finds a CTI user, by the name it authenticates with, in every target
// where it has rights, sorted by target name.
func (s *Snapshot) User(user string) []*User { return s.users[user] }

// Line finds a line by its directory number.
func (t *Target) Line(number string) (*Line, bool) {
	line, ok := t.lines[number]
	return line, ok
}

// HasLongerLine tells whether the number of a line begins with digits and goes
// on.
func (t *Target) HasLongerLine(digits string) bool {
	i, found := slices.BinarySearchFunc(t.Lines, digits, func(l *Line, digits string) int { return strings.Compare(l.GetNumber(), digits) })
	if found {
		i++
	}
	return i < len(t.Lines) && strings.HasPrefix(t.Lines[i].GetNumber(), digits)
}

// User finds a CTI user by the name it authenticates with.
func (t *Target) User(user string) (*User, bool) {
	found, ok := t.users[user]
	return found, ok
}

// Device finds a phone by its digest user name.
func (t *Target) Device(username string) (*Device, bool) {
	device, ok := t.devices[username]
	return device, ok
}

// LineByRemoteNumber finds the line whose user has a phone outside of that
// number, written as configured.
func (t *Target) LineByRemoteNumber(number string) (*Line, bool) {
	line, ok := t.remote[number]
	return line, ok
}

// PickupGroup lists the lines of a pickup group, sorted by number.
func (t *Target) PickupGroup(name string) []*Line { return t.groups[name] }

// RouteingLines are the lines whose calls an application routes, sorted by
// number.
func (t *Target) RouteingLines() []*Line { return t.routeing }

// SessionManager finds a session manager by its register-id.
func (t *Target) SessionManager(registerID string) (*SessionManager, bool) {
	manager, ok := t.managers[registerID]
	return manager, ok
}

// Realm is the digest realm of the target.
func (t *Target) Realm() string { return t.Config.GetSip().GetRealm() }

// Rights of the user on a line; none where the line is not listed.
func (u *User) Rights(number string) Rights { return u.rights[number] }
