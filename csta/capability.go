// SPDX-License-Identifier: Apache-2.0

package csta

import "slices"

// Capability is one service or event in a capability list, with the options
// that the switching function supports of it.
type Capability struct {
	// Name is that of the element, "makeCall". Note singleStepTransfer,
	// singleStepConference and netwReached, and transferred for TransferedEvent.
	Name string
	// Options are the boolean children, often none.
	Options Flags
}

// CapabilityList is a list of GetCSTAFeaturesResponse: one element per service
// or event, in alphabetical order. Reading keeps the order of the document. A
// nil list is not written, an empty one is.
type CapabilityList []Capability

// NewCapabilityList returns a list of services or events without options.
func NewCapabilityList(names ...string) CapabilityList {
	list := CapabilityList{}
	for _, name := range names {
		list.Add(name)
	}
	return list
}

// Add puts a service or event into the list, with the options that are true,
// in its alphabetical place. A second Add of a name adds options.
func (l *CapabilityList) Add(name string, options ...string) {
	at := slices.IndexFunc(*l, func(c Capability) bool { return c.Name == name })
	if at < 0 {
		at = slices.IndexFunc(*l, func(c Capability) bool { return c.Name > name })
		if at < 0 {
			at = len(*l)
		}
		*l = slices.Insert(*l, at, Capability{Name: name})
	}
	for _, option := range options {
		(*l)[at].Options.Set(option, true)
	}
}

// Has says whether the list names a service or event.
func (l CapabilityList) Has(name string) bool {
	return slices.ContainsFunc(l, func(c Capability) bool { return c.Name == name })
}

// HasOption says whether the list names a service or event with an option that
// is true.
func (l CapabilityList) HasOption(name, option string) bool {
	return slices.ContainsFunc(l, func(c Capability) bool { return c.Name == name && c.Options.Has(option) })
}

// Names lists the services or events in the order of the list.
func (l CapabilityList) Names() []string {
	names := make([]string, len(l))
	for i := range l {
		names[i] = l[i].Name
	}
	return names
}

func (l *CapabilityList) readContent(p *parser) {
	*l = CapabilityList{}
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
			l.readCapability(p)
		case tokenText:
			if p.strict && !blank(p.text) {
				p.fail(&StrictError{Path: p.path(), Reason: "text between elements", Offset: p.pos})
			}
		default:
			return
		}
	}
}

func (l *CapabilityList) readCapability(p *parser) {
	capability := Capability{Name: p.local}
	if p.strict && len(*l) > 0 && (*l)[len(*l)-1].Name >= capability.Name {
		p.offend("out of order")
	}
	capability.Options.readContent(p)
	if len(capability.Options) == 0 {
		capability.Options = nil
	}
	*l = append(*l, capability)
}

func (l *CapabilityList) appendTo(dst []byte, name string, ed Edition) []byte {
	dst = appendOpen(dst, name)
	for i := range *l {
		dst = (*l)[i].Options.appendTo(dst, (*l)[i].Name, ed)
	}
	return appendClose(dst, name)
}
