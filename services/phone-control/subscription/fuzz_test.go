// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func wellFormed(t *testing.T, document string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(document))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %q", err, document)
		}
	}
}

// FuzzDialogInfo: whatever names and numbers calls have, the document is XML.
func FuzzDialogInfo(f *testing.F) {
	f.Add("c1", "1002", `Bob & "Bo" <b>`, "sip:1001@pbx.test", true)
	f.Fuzz(func(t *testing.T, id, number, name, entity string, full bool) {
		var l lamps
		calls := []Call{{ID: id, State: CallEarly, RemoteNumber: number, RemoteName: name, CallID: name, Held: full}}
		first, ok := l.document(entity, number, calls, true)
		if !ok {
			t.Fatal("no document")
		}
		wellFormed(t, string(first))
		if _, ok := l.document(entity, number, calls, false); ok {
			t.Fatal("a document without a change")
		}
		last, ok := l.document(entity, number, nil, false)
		if !ok || !strings.Contains(string(last), "<state>terminated</state>") || l.version != 2 {
			t.Fatalf("the call's end: %q, version %d", last, l.version)
		}
		wellFormed(t, string(last))
	})
}

// FuzzReadChange: a body is read, or refused with one of the two errors, and
// what is read can be told.
func FuzzReadChange(f *testing.F) {
	const ns = ` xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"`
	f.Add([]byte(`<SetDoNotDisturb` + ns + `><device>6000</device><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>`))
	f.Add([]byte(`<SetForwarding` + ns + `><forwardingType>forwardBusy</forwardingType><activateForward>true</activateForward><forwardDN>3018</forwardDN></SetForwarding>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		asked, err := readChange(body)
		if err != nil {
			if !errors.Is(err, errBody) && !errors.Is(err, errUnsupported) {
				t.Fatalf("error is neither: %v", err)
			}
			return
		}
		features := Features{DoNotDisturb: asked.on}
		if asked.forwarding != nil {
			features.Forwardings = []Forwarding{*asked.forwarding}
		}
		var k keys
		told, contentType, ok := k.document("1001", features, false, map[string]bool{asked.feature(): true})
		if !ok || contentType == "" || !utf8.Valid(told) {
			t.Fatalf("%s: %q", contentType, told)
		}
	})
}
