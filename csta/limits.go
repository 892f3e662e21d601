// SPDX-License-Identifier: Apache-2.0

package csta

// Limits bound what Read takes from one document. A zero field stands for the
// default; a document that exceeds one is refused with a LimitError.
type Limits struct {
	// MaxBytes is the size of the body as received. Default 65536.
	MaxBytes int
	// MaxDepth is the number of elements open at a time, the root included.
	// Default 32.
	MaxDepth int
	// MaxElements is the number of elements in the document. Default 4096.
	MaxElements int
	// MaxAttributes is the number of attributes of one element, namespace
	// declarations included. Default 32.
	MaxAttributes int
	// MaxTextBytes is the size of the text of one element, or of one attribute
	// value, after entities are replaced. Default 16384.
	MaxTextBytes int
}

// DefaultLimits returns the limits that hold where none are given.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 64 << 10, MaxDepth: 32, MaxElements: 4096, MaxAttributes: 32, MaxTextBytes: 16 << 10}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, pair := range [...]struct {
		value    *int
		fallback int
	}{
		{&l.MaxBytes, d.MaxBytes},
		{&l.MaxDepth, d.MaxDepth},
		{&l.MaxElements, d.MaxElements},
		{&l.MaxAttributes, d.MaxAttributes},
		{&l.MaxTextBytes, d.MaxTextBytes},
	} {
		if *pair.value <= 0 {
			*pair.value = pair.fallback
		}
	}
	return l
}
