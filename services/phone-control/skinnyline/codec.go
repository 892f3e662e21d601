// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/skinny"
)

// codecs are those that calls are made with, in the order of preference, with
// the capabilities that stand for each.
func codecs() []codec {
	return []codec{
		{lineside.G722, []skinny.Capability{skinny.CapabilityG722}},
		{lineside.PCMU, []skinny.Capability{skinny.CapabilityG711MuLaw}},
		{lineside.PCMA, []skinny.Capability{skinny.CapabilityG711ALaw}},
		{lineside.G729, []skinny.Capability{
			skinny.CapabilityG729A, skinny.CapabilityG729, skinny.CapabilityG729AB, skinny.CapabilityG729B,
		}},
	}
}

type codec struct {
	name         lineside.Codec
	capabilities []skinny.Capability
}

func codecName(capability skinny.Capability) lineside.Codec {
	for _, c := range codecs() {
		if slices.Contains(c.capabilities, capability) {
			return c.name
		}
	}
	return ""
}

// codecOf is the first of the codecs that the phone has; of any codec, where
// none is named.
func (s *station) codecOf(names ...lineside.Codec) (skinny.Capability, bool) {
	if len(names) == 0 {
		for _, c := range codecs() {
			names = append(names, c.name)
		}
	}
	for _, name := range names {
		for _, c := range codecs() {
			if c.name != name {
				continue
			}
			for _, capability := range c.capabilities {
				if slices.Contains(s.capabilities, capability) {
					return capability, true
				}
			}
		}
	}
	return 0, false
}

// commonCodec is the best codec that both phones have.
func (s *station) commonCodec(other *station) (skinny.Capability, bool) {
	for _, c := range codecs() {
		for _, capability := range c.capabilities {
			if slices.Contains(s.capabilities, capability) && slices.Contains(other.capabilities, capability) {
				return capability, true
			}
		}
	}
	return 0, false
}
