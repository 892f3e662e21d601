// SPDX-License-Identifier: Apache-2.0

package deviceid

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, text        string
		number, extension string
		// other is how 1002 is written in the same form, global +15550100.
		other, global string
	}{
		{"private number of Communicator", "tel:1001;phone-context=dialstring", "1001", "", "tel:1002;phone-context=dialstring", "tel:+15550100"},
		{"Cisco partition", "tel:1001;phone-context=dialstring;partition=BE_BRS_INT", "1001", "", "tel:1002;phone-context=dialstring;partition=BE_BRS_INT", "tel:+15550100;partition=BE_BRS_INT"},
		{"E.164", "tel:+14255550150", "+14255550150", "", "tel:1002;phone-context=dialstring", "tel:+15550100"},
		{"E.164 with separators", "tel:+1-425-555-(01)50", "+14255550150", "", "tel:1002;phone-context=dialstring", "tel:+15550100"},
		{"E.164 with extension", "tel:+14255550150;ext=55555", "+14255550150", "55555", "tel:1002;phone-context=dialstring", "tel:+15550100"},
		{"tel without context", "tel:1001", "1001", "", "tel:1002", "tel:+15550100"},
		{"capital scheme", "TEL:1001", "1001", "", "TEL:1002", "TEL:+15550100"},
		{"sip", "sip:1001@pbx.example:5060;user=phone", "1001", "", "sip:1002@pbx.example:5060;user=phone", "sip:+15550100@pbx.example:5060;user=phone"},
		{"sips", "sips:1001@pbx.example", "1001", "", "sips:1002@pbx.example", "sips:+15550100@pbx.example"},
		{"sip name", "sip:alice@pbx.example", "alice", "", "sip:1002@pbx.example", "sip:+15550100@pbx.example"},
		{"sip user parameters", "sip:1001;phone-context=dialstring@pbx.example;user=phone", "1001", "", "sip:1002;phone-context=dialstring@pbx.example;user=phone", "sip:+15550100@pbx.example;user=phone"},
		{"sip escapes", "sip:%2B1425@pbx.example", "+1425", "", "sip:1002@pbx.example", "sip:+15550100@pbx.example"},
		{"sip password", "sip:1001:secret@pbx.example", "1001", "", "sip:1002@pbx.example", "sip:+15550100@pbx.example"},
		{"angle brackets", "<sip:1001@pbx.example>", "1001", "", "<sip:1002@pbx.example>", "<sip:+15550100@pbx.example>"},
		{"bare", "1001", "1001", "", "1002", "+15550100"},
		{"bare with separators", "(425) 555-0150", "4255550150", "", "1002", "+15550100"},
		{"bare name", "line-1", "line-1", "", "1002", "+15550100"},
		{"spaces around", "  1001 ", "1001", "", "1002", "+15550100"},
		{"OpenScape", "N<302118840101>;displayNumber=101;noa=nk", "302118840101", "", "N<1002>;noa=nk", "N<+15550100>;noa=nk"},
		{"ECMA-269 with extension", "N<4255550150/101%42>Doe", "4255550150", "101", "N<1002>", "N<+15550100>"},
		{"Avaya", "1001:switchconn:switch:0", "1001", "", "1002:switchconn:switch:0", "+15550100:switchconn:switch:0"},
		{"feature code", "tel:*21%23", "", "", "", ""},
		{"pound", "tel:*21#", "*21#", "", "tel:1002", "tel:+15550100"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse(test.text)
			if test.number == "" {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("Parse(%q) = %+v, %v; want ErrMalformed", test.text, d, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("Parse(%q): %v", test.text, err)
			}
			got := []string{d.Number, d.Extension, d.Form.Write("1002"), d.Form.Write("+15550100")}
			want := []string{test.number, test.extension, test.other, test.global}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestParseOwnDevice(t *testing.T) {
	for _, text := range []string{"", "  ", "\n"} {
		d, err := Parse(text)
		if err != nil || !d.IsOwn() || d.Candidates() != nil {
			t.Errorf("Parse(%q) = %+v, %v; want the own device", text, d, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"too long", strings.Repeat("1", MaxLength+1), ErrTooLong},
		{"number too long", "tel:" + strings.Repeat("1", MaxNumberLength+1), ErrMalformed},
		{"no number", "tel:", ErrMalformed},
		{"no user", "sip:@host", ErrMalformed},
		{"only brackets", "N<>", ErrMalformed},
		{"control character", "10\x0101", ErrMalformed},
		{"bad UTF-8", "10\xff01", ErrMalformed},
		{"space in a name", "John Doe", ErrMalformed},
		{"bad escape", "sip:%zz@host", ErrMalformed},
		{"cut escape", "sip:1%2@host", ErrMalformed},
		{"unknown scheme", "mailto:alice@example.test", ErrMalformed},
		{"bad extension", "tel:+1425;ext=<", ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d, err := Parse(test.text); !errors.Is(err, test.want) {
				t.Errorf("Parse(%q) = %+v, %v; want %v", test.text, d, err, test.want)
			}
		})
	}
}

func TestCandidates(t *testing.T) {
	d, err := Parse("tel:+14255550150;ext=1001")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"+14255550150", "1001"}, d.Candidates()); diff != "" {
		t.Error(diff)
	}
}

func TestNamesWriteExactTexts(t *testing.T) {
	names := Names{Form: FormOf("tel:1001;phone-context=dialstring"), Texts: map[string]string{"1002": "sip:1002@host"}}
	for number, want := range map[string]string{
		"1001": "tel:1001;phone-context=dialstring",
		"1002": "sip:1002@host",
		"1003": "tel:1003;phone-context=dialstring",
	} {
		if got := names.Write(number); got != want {
			t.Errorf("Write(%s) = %q, want %q", number, got, want)
		}
		if got := string(names.Append([]byte("x"), number)); got != "x"+want {
			t.Errorf("Append(%s) = %q", number, got)
		}
		if !names.Writes(number, want) || names.Writes(number, want+" ") {
			t.Errorf("Writes(%s) is wrong", number)
		}
	}
	if FormOf("John Doe") != (Form{}) {
		t.Error("FormOf of a malformed text is not the zero form")
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "1001", "tel:1001;phone-context=dialstring", "tel:+1-425;ext=5", "sip:10%2301@host;user=phone",
		"N<302118840101>;displayNumber=1;noa=nk", "1001:switchconn:switch:0", "<sips:a@b>", "N<1/2%3>x;y",
	} {
		f.Add(text, "1002")
		f.Add(text, "+15550100")
		f.Add(text, "*21#")
	}
	f.Fuzz(func(t *testing.T, text, number string) {
		d, err := Parse(text)
		if err != nil {
			if d != (Device{}) {
				t.Errorf("Parse(%q) fails with %+v", text, d)
			}
			return
		}
		if d.IsOwn() {
			if strings.TrimSpace(text) != "" {
				t.Errorf("Parse(%q) is the own device", text)
			}
			return
		}
		if !ValidNumber(d.Number) || d.Extension != "" && !ValidNumber(d.Extension) {
			t.Errorf("Parse(%q) reads %+v", text, d)
		}
		if !IsPhoneNumber(number) || len(number) > 20 {
			return
		}
		written := d.Form.Write(number)
		if len(written) > MaxLength {
			return
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("form of %q writes %s as %q: %v", text, number, written, err)
		}
		if again.Number != number || again.Extension != "" {
			t.Errorf("form of %q writes %s as %q, read as %+v", text, number, written, again)
		}
		if second := again.Form.Write(number); second != written {
			t.Errorf("form of %q is not stable: %q, %q", text, written, second)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("tel:1001;phone-context=dialstring"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNamesAppend(b *testing.B) {
	names := Names{Form: FormOf("tel:1001;phone-context=dialstring"), Texts: map[string]string{"1002": "sip:1002@host"}}
	buffer := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		buffer = names.Append(buffer[:0], "1003")
	}
	if len(buffer) == 0 {
		b.Fatal("nothing written")
	}
}
