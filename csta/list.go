// SPDX-License-Identifier: Apache-2.0

package csta

// readItems reads a wrapper element that holds items of one name. An empty
// wrapper gives an empty slice that is not nil.
func readItems[T any](p *parser, item string, read func(p *parser, v *T)) []T {
	items := []T{}
	specs := [1]childSpec{{name: item, repeated: true}}
	f := frame{specs: specs[:]}
	for p.child(&f) != noChild {
		var v T
		read(p, &v)
		items = append(items, v)
	}
	return items
}

// checkChoice wants exactly one of the children in strict mode.
func (p *parser) checkChoice(f *frame) {
	if !p.strict || p.err != nil || f.seen != 0 && f.seen&(f.seen-1) == 0 {
		return
	}
	p.fail(&StrictError{Path: p.endedPath(), Reason: "not exactly one alternative", Offset: p.pos})
}
