// SPDX-License-Identifier: Apache-2.0

package csta

// checkChoice wants exactly one of the children in strict mode.
func (p *parser) checkChoice(f *frame) {
	if !p.strict || p.err != nil || f.seen != 0 && f.seen&(f.seen-1) == 0 {
		return
	}
	p.fail(&StrictError{Path: p.endedPath(), Reason: "not exactly one alternative", Offset: p.pos})
}
