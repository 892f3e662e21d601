// SPDX-License-Identifier: Apache-2.0

package csta

import "testing"

func TestParseEdition(t *testing.T) {
	tests := []struct {
		namespace string
		edition   Edition
		ok        bool
	}{
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed2", Edition2, true},
		{"http://www.ecma.ch/standards/ecma-323/csta/ed2", Edition2, true},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed6", Edition6, true},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv7", Edition3, true},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed1", EditionNone, false},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed7", EditionNone, false},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed33", EditionNone, false},
		{"http://www.ecma-international.org/standards/ecma-323/csta/ed", EditionNone, false},
		{"http://www.ecma-international.org/standards/ecma-323/csta/edx", EditionNone, false},
		{"", EditionNone, false},
		{"urn:x", EditionNone, false},
	}
	for _, test := range tests {
		edition, ok := ParseEdition(test.namespace)
		if edition != test.edition || ok != test.ok {
			t.Errorf("ParseEdition(%q) = %s, %t", test.namespace, edition, ok)
		}
	}
}

func TestEditionNamespacesParse(t *testing.T) {
	for edition := firstEdition; edition <= lastEdition; edition++ {
		if got, ok := ParseEdition(edition.Namespace()); !ok || got != edition {
			t.Errorf("%s parses as %s", edition, got)
		}
	}
	if EditionNone.Namespace() != "" || Edition(7).Namespace() != "" || EditionNone.String() != "none" || Edition4.String() != "ed4" {
		t.Error("wrong texts")
	}
}

func TestSessionMessagesStandInTheirOwnNamespace(t *testing.T) {
	body := Append(nil, &StopApplicationSessionPosResponse{}, Edition5)
	document, err := Read(body, ReadOptions{Strict: true})
	if err != nil || document.Namespace != applicationSessionURI || document.Edition != DefaultEdition {
		t.Errorf("%+v, %v", document, err)
	}
}
