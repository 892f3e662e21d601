// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func phone() *Phone {
	return New(Layout{Rows: 2, Columns: 6, Buttons: []string{"1"}, Lamps: []Lamp{{ID: "1", Label: "Line", Mode: "off"}}})
}

func TestDisplay(t *testing.T) {
	for _, tt := range []struct {
		name, text  string
		row, column int
		want        string
	}{
		{"a row", "Hello", 0, 0, "Hello"},
		{"two rows", "Hello, you there", 0, 0, "Hello,\n you t"},
		{"line ends", "a\nb\nc", 0, 0, "a\nb"},
		{"a place", "x", 1, 3, "before\n   x"},
		{"over what was there", "XY", 0, 2, "beXYre"},
		{"nothing", "", 0, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := phone()
			if err := p.SetDisplay("before", 0, 0); err != nil {
				t.Fatal(err)
			}
			if err := p.SetDisplay(tt.text, tt.row, tt.column); err != nil {
				t.Fatal(err)
			}
			if got := p.Display(); got != tt.want {
				t.Errorf("display is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhatThePhoneHasNot(t *testing.T) {
	p, bare := phone(), New(Layout{})
	if err := p.SetDisplay("x", 2, 0); err == nil || err.Value != "valueOutOfRange" {
		t.Errorf("row 2 of two: %v", err)
	}
	if err := bare.SetDisplay("x", 0, 0); err == nil || err.Value != "requestIncompatibleWithDevice" {
		t.Errorf("display of a phone without one: %v", err)
	}
	if err := p.SetDisplay("\xff", 0, 0); err == nil || err.Value != "invalidParameterValue" {
		t.Errorf("text that is not UTF-8: %v", err)
	}
	if err := p.SetLamp("2", "steady"); err == nil || err.Value != "invalidLampID" {
		t.Errorf("lamp 2 of one: %v", err)
	}
	if _, err := p.Lamps("2"); err == nil || err.Value != "invalidLampID" {
		t.Errorf("lamp 2 of one: %v", err)
	}
	if p.HasButton("2") || !p.HasButton("1") {
		t.Error("buttons are mixed up")
	}
}

func TestLampsAreEachPhonesOwn(t *testing.T) {
	layout := Layout{Lamps: []Lamp{{ID: "1", Mode: "off"}}}
	one, other := New(layout), New(layout)
	if err := one.SetLamp("1", "steady"); err != nil {
		t.Fatal(err)
	}
	if lamps, _ := one.Lamps(""); lamps[0].Mode != "steady" {
		t.Errorf("lamp is %s", lamps[0].Mode)
	}
	if lamps, _ := other.Lamps("1"); lamps[0].Mode != "off" {
		t.Errorf("the other phone's lamp is %s", lamps[0].Mode)
	}
}

func FuzzDisplay(f *testing.F) {
	f.Add("Hello\nWorld", 0, 0)
	f.Add("äöü", 1, 5)
	f.Fuzz(func(t *testing.T, text string, row, column int) {
		p := phone()
		if err := p.SetDisplay(text, row, column); err != nil {
			if p.Display() != "" {
				t.Errorf("refused, and the display is %q", p.Display())
			}
			return
		}
		rows := strings.Split(p.Display(), "\n")
		if len(rows) > 2 {
			t.Errorf("%d rows", len(rows))
		}
		for _, row := range rows {
			if utf8.RuneCountInString(row) > 6 {
				t.Errorf("row %q is too long", row)
			}
		}
	})
}
