// SPDX-License-Identifier: Apache-2.0

package csta

import "strings"

// Edition is an edition of ECMA-323, which is the same as the edition of its
// XML namespace. The zero value is EditionNone.
type Edition uint8

// The editions seen in use. EditionNone is a document without a namespace; it
// is written in the shape of edition 3.
const (
	EditionNone Edition = 0
	Edition2    Edition = 2
	Edition3    Edition = 3
	Edition4    Edition = 4
	Edition5    Edition = 5
	Edition6    Edition = 6
)

// DefaultEdition is the edition that most phones and applications speak. Read
// reports it for a root element whose namespace names no edition.
const DefaultEdition = Edition3

const (
	namespacePrefix        = "http://www.ecma-international.org/standards/ecma-323/csta/ed"
	oldNamespacePrefix     = "http://www.ecma.ch/standards/ecma-323/csta/ed"
	applicationSessionURI  = "http://www.ecma-international.org/standards/ecma-354/appl_session"
	xmlNamespaceURI        = "http://www.w3.org/XML/1998/namespace"
	firstEdition           = Edition2
	lastEdition            = Edition6
	editionDigitCharacters = 1
)

// Namespace returns the XML namespace of the edition (ECMA-323 clause 9), empty
// for EditionNone and for values that are no edition.
func (e Edition) Namespace() string {
	switch e {
	case Edition2:
		return namespacePrefix + "2"
	case Edition3:
		return namespacePrefix + "3"
	case Edition4:
		return namespacePrefix + "4"
	case Edition5:
		return namespacePrefix + "5"
	case Edition6:
		return namespacePrefix + "6"
	default:
		return ""
	}
}

// String returns "ed3" and the like, or "none".
func (e Edition) String() string {
	if e.Namespace() == "" {
		return "none"
	}
	return "ed" + string('0'+rune(e))
}

// shape is the edition whose children are written.
func (e Edition) shape() Edition {
	if e == EditionNone {
		return DefaultEdition
	}
	return e
}

// ParseEdition finds the edition in a namespace: edition 2 to 6 in the
// ecma-international.org and the older ecma.ch form, with or without a suffix
// such as Avaya's "/priv2". It reports false for any other text.
func ParseEdition(namespace string) (Edition, bool) {
	rest, ok := strings.CutPrefix(namespace, namespacePrefix)
	if !ok {
		rest, ok = strings.CutPrefix(namespace, oldNamespacePrefix)
	}
	if !ok || len(rest) < editionDigitCharacters {
		return EditionNone, false
	}
	edition := Edition(rest[0] - '0')
	if rest[0] < '0' || edition < firstEdition || edition > lastEdition {
		return EditionNone, false
	}
	if len(rest) > editionDigitCharacters && rest[1] != '/' {
		return EditionNone, false
	}
	return edition, true
}

// guessEdition reads a broken namespace: the first "edN" in it counts.
func guessEdition(namespace string) Edition {
	for i := 0; i+2 < len(namespace); i++ {
		if (namespace[i] == 'e' || namespace[i] == 'E') && (namespace[i+1] == 'd' || namespace[i+1] == 'D') {
			if edition := Edition(namespace[i+2] - '0'); edition >= firstEdition && edition <= lastEdition {
				return edition
			}
		}
	}
	return DefaultEdition
}
