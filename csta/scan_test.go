// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"strings"
	"testing"
)

func TestLimitsAreParameters(t *testing.T) {
	body := `<MonitorStop a="1" b="2"><monitorCrossRefID>12345</monitorCrossRefID></MonitorStop>`
	tests := []struct {
		field string
		fits  Limits
		short Limits
	}{
		{"MaxBytes", Limits{MaxBytes: len(body)}, Limits{MaxBytes: len(body) - 1}},
		{"MaxDepth", Limits{MaxDepth: 2}, Limits{MaxDepth: 1}},
		{"MaxElements", Limits{MaxElements: 2}, Limits{MaxElements: 1}},
		{"MaxAttributes", Limits{MaxAttributes: 2}, Limits{MaxAttributes: 1}},
		{"MaxTextBytes", Limits{MaxTextBytes: 5}, Limits{MaxTextBytes: 4}},
	}
	for _, test := range tests {
		if _, err := Read([]byte(body), ReadOptions{Limits: test.fits}); err != nil {
			t.Errorf("%s: %v", test.field, err)
		}
		_, err := Read([]byte(body), ReadOptions{Limits: test.short})
		var limit *LimitError
		if !asError(err, &limit) || limit.Limit != test.field {
			t.Errorf("%s: %v", test.field, err)
		}
	}
	if got := (Limits{MaxDepth: 7}).withDefaults(); got.MaxDepth != 7 || got.MaxBytes != DefaultLimits().MaxBytes {
		t.Errorf("defaults are %+v", got)
	}
}

// TestDepthBeyondTheRoom reads documents with more open elements, attributes
// and namespaces than the scanner has room for in itself.
func TestDepthBeyondTheRoom(t *testing.T) {
	var body strings.Builder
	body.WriteString("<MonitorStop>")
	for i := range 25 {
		body.WriteString("<a" + string('a'+rune(i)) + ` xmlns:n` + string('a'+rune(i)) + `="u" p="" q="" r="" s="" t="" u="">`)
	}
	for i := 24; i >= 0; i-- {
		body.WriteString("</a" + string('a'+rune(i)) + ">")
	}
	body.WriteString("<monitorCrossRefID>1</monitorCrossRefID></MonitorStop>")
	document, err := Read([]byte(body.String()), ReadOptions{})
	if err != nil || document.Message.(*MonitorStop).MonitorCrossRefID != "1" {
		t.Error(document.Message, err)
	}
	wrong := strings.Replace(body.String(), `u="">`, `p="">`, 1)
	if _, err := Read([]byte(wrong), ReadOptions{}); err == nil {
		t.Error("an attribute given twice, seven attributes on, is accepted")
	}
}

func TestErrorOffsets(t *testing.T) {
	tests := []struct {
		body   string
		offset int
	}{
		{"<MonitorStop>&x;</MonitorStop>", 13},
		{"<MonitorStop a=1/>", 15},
		{"<MonitorStop></a>", 13},
		{"<!DOCTYPE a>", 0},
		{"abc", 0},
		{"<a>", 3},
	}
	for _, test := range tests {
		_, err := Read([]byte(test.body), ReadOptions{})
		var syntax *SyntaxError
		if !asError(err, &syntax) || syntax.Offset != test.offset {
			t.Errorf("%s: %v, want offset %d", test.body, err, test.offset)
		}
	}
}

func TestReadKeepsNothingOfTheBody(t *testing.T) {
	body := []byte("<MonitorStop><monitorCrossRefID>12345</monitorCrossRefID></MonitorStop>")
	document, err := Read(body, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	if got := document.Message.(*MonitorStop).MonitorCrossRefID; got != "12345" {
		t.Errorf("id became %q", got)
	}
}

func TestAppendEscaped(t *testing.T) {
	tests := []struct{ text, want string }{
		{"plain", "plain"},
		{`a<b>&"'`, "a&lt;b&gt;&amp;&#34;'"},
		{"tab\tfeed\nreturn\r", "tab&#9;feed&#10;return&#13;"},
		{"bell\x07 bad\xff non\uffff", "bell\uFFFD bad\uFFFD non\uFFFD"},
		{"größe 世界 😀", "größe 世界 😀"},
	}
	for _, test := range tests {
		if got := string(AppendEscaped([]byte("x"), test.text)); got != "x"+test.want {
			t.Errorf("%q gives %q", test.text, got)
		}
	}
}
