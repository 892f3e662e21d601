// SPDX-License-Identifier: Apache-2.0

package csta

import "slices"

// Flag is one boolean child of an element.
type Flag struct {
	Name  string
	Value bool
}

// Flags is an element that holds booleans only, one child each: the groups of a
// MonitorFilter and of ServicesPermitted, the options of a capability. Set
// keeps them in alphabetical order, which is that of the schema; reading keeps
// the order of the document. Of a name given twice the first counts.
type Flags []Flag

// Set gives the child name a value.
func (f *Flags) Set(name string, value bool) {
	at, found := f.find(name)
	if found {
		(*f)[at].Value = value
		return
	}
	*f = slices.Insert(*f, at, Flag{Name: name, Value: value})
}

// Has says whether the child name is there and true.
func (f Flags) Has(name string) bool {
	for i := range f {
		if f[i].Name == name {
			return f[i].Value
		}
	}
	return false
}

func (f Flags) find(name string) (int, bool) {
	for i := range f {
		if f[i].Name == name {
			return i, true
		}
	}
	at := slices.IndexFunc(f, func(other Flag) bool { return other.Name > name })
	if at < 0 {
		at = len(f)
	}
	return at, false
}

func (f *Flags) readContent(p *parser) {
	*f = Flags{}
	for {
		switch p.next() {
		case tokenStart:
			if p.foreign() {
				if p.strict {
					p.offend("not a child of this element")
				}
				p.skip()
				continue
			}
			name := p.local
			*f = append(*f, Flag{Name: name, Value: p.bool()})
		case tokenText:
			if p.strict && !blank(p.text) {
				p.fail(&StrictError{Path: p.path(), Reason: "text between elements", Offset: p.pos})
			}
		default:
			return
		}
	}
}

func (f *Flags) appendTo(dst []byte, name string, _ Edition) []byte {
	if len(*f) == 0 {
		return appendEmpty(dst, name)
	}
	dst = appendOpen(dst, name)
	for _, flag := range *f {
		dst = appendBool(dst, flag.Name, flag.Value)
	}
	return appendClose(dst, name)
}

// Excludes says whether the filter keeps an event from being reported: a true
// boolean filters out. A nil filter excludes nothing.
func (f *MonitorFilter) Excludes(event Event) bool {
	group, name := event.FilterBit()
	return f.ExcludesBit(group, name)
}

// ExcludesBit is Excludes for an event known by its FilterBit.
func (f *MonitorFilter) ExcludesBit(group, name string) bool {
	flags := f.group(group)
	return flags != nil && *flags != nil && (*flags).Has(name)
}

// Exclude sets the boolean that keeps an event from being reported.
func (f *MonitorFilter) Exclude(event Event) {
	group, name := event.FilterBit()
	if flags := f.group(group); flags != nil {
		flags.Set(name, true)
	}
}

func (f *MonitorFilter) group(name string) *Flags {
	if f == nil {
		return nil
	}
	switch name {
	case "callcontrol":
		return &f.Callcontrol
	case "callAssociated":
		return &f.CallAssociated
	case "mediaAttachment":
		return &f.MediaAttachment
	case "physicalDeviceFeature":
		return &f.PhysicalDeviceFeature
	case "logicalDeviceFeature":
		return &f.LogicalDeviceFeature
	case "maintenance":
		return &f.Maintenance
	case "voice":
		return &f.Voice
	case "private":
		return &f.Private
	}
	return nil
}
