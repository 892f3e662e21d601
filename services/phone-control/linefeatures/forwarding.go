// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"slices"

	"offhook.dev/csta"
	"offhook.dev/services/phone-control/callmodel"
)

// defaultRings is how often a line rings before a call that nobody answers is
// forwarded.
const defaultRings = 3

// maxNumber bounds the destination of a forwarding, in bytes.
const maxNumber = 64

// Forwarding is one forwarding setting of a line.
type Forwarding struct {
	// Type is the ECMA-323 ForwardingType.
	Type   string
	Active bool
	// To stays while the forwarding is off, so that it can be switched on again.
	To string
	// Rings before a call is forwarded, for the forwardNoAns types; else zero.
	Rings int
}

// forwarding is the setting of a type as it is in force.
func (l *line) forwarding(t forwardingType) Forwarding {
	if f, set := l.forwardings[string(t.name)]; set {
		return f
	}
	return l.configured(t)
}

// configured is the setting of a type as configured.
func (l *line) configured(t forwardingType) Forwarding {
	for _, f := range l.config.GetForwardings() {
		if f.GetType() == string(t.name) && f.GetForwardDn() != "" {
			return t.complete(Forwarding{Active: true, To: f.GetForwardDn(), Rings: int(f.GetRingCount())})
		}
	}
	return Forwarding{Type: string(t.name)}
}

// complete names the type and gives it its ring count.
func (t forwardingType) complete(f Forwarding) Forwarding {
	f.Type = string(t.name)
	switch {
	case !t.rings():
		f.Rings = 0
	case f.Rings <= 0:
		f.Rings = defaultRings
	}
	return f
}

// applies finds the forwarding for a call: the one for calls of its origin goes
// before the one for all calls.
func (s *Settings) applies(device callmodel.DeviceID, when callmodel.Condition, external bool) (Forwarding, bool) {
	l := s.lines[device]
	if l == nil {
		return Forwarding{}, false
	}
	for _, from := range [...]origin{originOf(external), anyCall} {
		if t, known := typeFor(when, from); known {
			if f := l.forwarding(t); f.Active {
				return f, true
			}
		}
	}
	return Forwarding{}, false
}

// Redirect implements callmodel.Features.
func (s *Settings) Redirect(device callmodel.DeviceID, when callmodel.Condition, external bool) (to, kind string, ok bool) {
	f, ok := s.applies(device, when, external)
	return f.To, f.Type, ok
}

// NoAnswerRings implements callmodel.Features.
func (s *Settings) NoAnswerRings(device callmodel.DeviceID, external bool) (rings int, ok bool) {
	f, ok := s.applies(device, callmodel.ForwardNoAnswer, external)
	return f.Rings, ok
}

// Forwardings lists the settings of a line in the order of the standard: the
// general types always, the variants for calls from inside and outside where
// they were set.
func (s *Settings) Forwardings(device callmodel.DeviceID) []Forwarding {
	l := s.lines[device]
	if l == nil {
		return nil
	}
	var list []Forwarding
	for _, t := range forwardingTypes {
		if f := l.forwarding(t); t.from == anyCall || f.To != "" {
			list = append(list, f)
		}
	}
	return list
}

// SetForwarding sets a forwarding of a line. An empty type is forwardImmediate.
// One that is switched on without a destination, or without a ring count, takes
// what it had; one that is switched off keeps what it has.
func (s *Settings) SetForwarding(device callmodel.DeviceID, asked Forwarding) (now Forwarding, changed bool, refusal *callmodel.Error) {
	l, refusal := s.station(device)
	if refusal != nil {
		return Forwarding{}, false, refusal
	}
	if asked.Type == "" {
		asked.Type = string(csta.ForwardingTypeForwardImmediate)
	}
	t, known := typeNamed(asked.Type)
	switch {
	case !known:
		return Forwarding{}, false, errForwardingType
	case asked.Rings < 0 || asked.Rings > MaxRings:
		return Forwarding{}, false, errRingCount
	}
	before := l.forwarding(t)
	now = before
	now.Active = asked.Active
	if asked.Active {
		if asked.To != "" {
			now.To = asked.To
		}
		if asked.Rings > 0 {
			now.Rings = asked.Rings
		}
		now = t.complete(now)
		if refusal := s.leads(device, now.To); refusal != nil {
			return Forwarding{}, false, refusal
		}
	}
	l.set(t, now)
	return now, now != before, nil
}

// set keeps a setting unless it is as configured.
func (l *line) set(t forwardingType, f Forwarding) {
	if f == l.configured(t) {
		delete(l.forwardings, f.Type)
		return
	}
	if l.forwardings == nil {
		l.forwardings = make(map[string]Forwarding)
	}
	l.forwardings[f.Type] = f
}

// leads checks that calls of a line can be forwarded to a number.
func (s *Settings) leads(from callmodel.DeviceID, number string) *callmodel.Error {
	switch {
	case number == "":
		return errNoDestination
	case len(number) > maxNumber, slices.Contains(s.config.ParkSlots, callmodel.DeviceID(number)):
		return errDestination
	}
	to := callmodel.Destination{Line: callmodel.DeviceID(number)}
	if s.config.Plan != nil {
		to = s.config.Plan.Resolve(number)
	}
	switch {
	case to.Blocked:
		return errBarred
	case to.External != "":
		if !s.config.Trunk {
			return errNoTrunk
		}
		return nil
	case to.Line == from:
		return errItself
	case s.lines[to.Line] == nil:
		return errDestination
	}
	return nil
}
