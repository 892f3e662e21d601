// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"slices"

	"offhook.dev/csta"
	"offhook.dev/services/phone-control/callmodel"
)

// origin is which calls a forwarding is for.
type origin uint8

const (
	anyCall origin = iota
	internalCall
	externalCall
)

func originOf(external bool) origin {
	if external {
		return externalCall
	}
	return internalCall
}

// forwardingType is a ForwardingType with what it means.
type forwardingType struct {
	name csta.ForwardingType
	when callmodel.Condition
	from origin
}

// forwardingTypes are all, in the order of the standard: the general ones first.
var forwardingTypes = [...]forwardingType{
	{csta.ForwardingTypeForwardImmediate, callmodel.ForwardImmediate, anyCall},
	{csta.ForwardingTypeForwardBusy, callmodel.ForwardBusy, anyCall},
	{csta.ForwardingTypeForwardNoAns, callmodel.ForwardNoAnswer, anyCall},
	{csta.ForwardingTypeForwardDND, callmodel.ForwardDoNotDisturb, anyCall},
	{csta.ForwardingTypeForwardBusyInt, callmodel.ForwardBusy, internalCall},
	{csta.ForwardingTypeForwardBusyExt, callmodel.ForwardBusy, externalCall},
	{csta.ForwardingTypeForwardNoAnsInt, callmodel.ForwardNoAnswer, internalCall},
	{csta.ForwardingTypeForwardNoAnsExt, callmodel.ForwardNoAnswer, externalCall},
	{csta.ForwardingTypeForwardImmInt, callmodel.ForwardImmediate, internalCall},
	{csta.ForwardingTypeForwardImmExt, callmodel.ForwardImmediate, externalCall},
	{csta.ForwardingTypeForwardDNDInt, callmodel.ForwardDoNotDisturb, internalCall},
	{csta.ForwardingTypeForwardDNDExt, callmodel.ForwardDoNotDisturb, externalCall},
}

// typeNamed finds a type by its ECMA-323 word.
func typeNamed(name string) (forwardingType, bool) {
	i := slices.IndexFunc(forwardingTypes[:], func(t forwardingType) bool { return string(t.name) == name })
	if i < 0 {
		return forwardingType{}, false
	}
	return forwardingTypes[i], true
}

// typeFor finds the type for a condition and an origin.
func typeFor(when callmodel.Condition, from origin) (forwardingType, bool) {
	i := slices.IndexFunc(forwardingTypes[:], func(t forwardingType) bool { return t.when == when && t.from == from })
	if i < 0 {
		return forwardingType{}, false
	}
	return forwardingTypes[i], true
}

// rings tells whether the line rings before calls are forwarded.
func (t forwardingType) rings() bool { return t.when == callmodel.ForwardNoAnswer }
