// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// childrenOf cuts the content of a root element into its children.
func childrenOf(t *testing.T, document string) (head string, children []string, tail string) {
	t.Helper()
	var sc scanner
	sc.setText(document, Limits{MaxBytes: len(document), MaxElements: len(document), MaxDepth: 100}.withDefaults())
	sc.pos = len(xmlDeclaration)
	begin := 0
	for {
		switch sc.next() {
		case tokenStart:
			switch sc.open.n {
			case 1:
				head = document[:sc.pos]
			case 2:
				begin = sc.start
			}
		case tokenEnd:
			switch sc.open.n {
			case 0:
				return head, children, document[len(head)+len(strings.Join(children, "")):]
			case 1:
				children = append(children, document[begin:sc.pos])
			}
		case tokenNone:
			t.Fatal(sc.err)
		default: // text
		}
	}
}

// TestChildrenComeInAnyOrder reads every message with its children turned
// round and vendor elements between them.
func TestChildrenComeInAnyOrder(t *testing.T) {
	f := &filler{facts: loadSchemaFacts(t), edition: Edition6}
	for _, element := range Elements() {
		message := NewMessage(element)
		f.fill(reflect.ValueOf(message).Elem())
		if _, repeated := message.(*Escape); repeated || element == "CSTAErrorCode" {
			continue // several privateData in order; one child only
		}
		head, children, tail := childrenOf(t, string(Append(nil, message, Edition6)))
		slices.Reverse(children)
		turned := head + "<vendor/>" + strings.Join(children, " <v:x xmlns:v='urn:v'>1</v:x>\n") + tail
		document, err := Read([]byte(turned), ReadOptions{Limits: Limits{MaxBytes: 1 << 20}})
		if err != nil {
			t.Errorf("%s: %v\n%s", element, err, turned)
			continue
		}
		if !reflect.DeepEqual(document.Message, message) {
			t.Errorf("%s turned round came back as\n%s", element, Append(nil, document.Message, Edition6))
		}
	}
}
