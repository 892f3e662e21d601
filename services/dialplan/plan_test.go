// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"slices"
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

const (
	route = configv1.DialAction_DIAL_ACTION_ROUTE
	trunk = configv1.DialAction_DIAL_ACTION_TRUNK
	block = configv1.DialAction_DIAL_ACTION_BLOCK
)

func rules(rules ...*configv1.DialRule) []*configv1.DialRule { return rules }

// seattle is an office with fixed extensions, and a trunk that takes E.164.
func seattle() *configv1.DialPlan {
	return &configv1.DialPlan{
		CountryCode: "1", AreaCode: "425", OfficeCode: "555", ExtensionLength: 4,
		ExternalPrefix: "9", InternationalPrefix: "011", NationalPrefix: "1",
		Rules: rules(
			&configv1.DialRule{Pattern: "911", Action: trunk},
			&configv1.DialRule{Pattern: "9911", Strip: 1, Action: trunk},
			&configv1.DialRule{Pattern: "+1900.......", Action: block},
			&configv1.DialRule{Pattern: "0", Prefix: "1001", Strip: 1, Action: route},
			&configv1.DialRule{Pattern: "8T", Strip: 1, Prefix: "+44", Action: route},
		),
	}
}

// boeblingen is an office with extensions of any length, and a trunk that wants
// numbers as they are dialled.
func boeblingen() *configv1.DialPlan {
	return &configv1.DialPlan{
		CountryCode: "49", AreaCode: "7031", OfficeCode: "4711",
		ExternalPrefix: "0", InternationalPrefix: "00", NationalPrefix: "0",
		Rules: rules(
			&configv1.DialRule{Pattern: "112", Action: trunk},
			&configv1.DialRule{Pattern: "0112", Strip: 1, Action: trunk},
			&configv1.DialRule{Pattern: "0116117", Strip: 1, Action: trunk},
			&configv1.DialRule{Pattern: "+49900T", Action: block},
		),
	}
}

func linesOf(numbers ...string) func(string) bool {
	return func(number string) bool { return slices.Contains(numbers, number) }
}

func offices() map[string]*Plan {
	return map[string]*Plan{
		"seattle":    New(seattle(), &configv1.Trunk{E164: true}, linesOf("1001", "1002", "2000")),
		"boeblingen": New(boeblingen(), &configv1.Trunk{}, linesOf("1", "110", "200", "4711", "reception", "*5", "+49703147119")),
		"full":       New(boeblingen(), &configv1.Trunk{E164: true}, linesOf("200")),
		"alone":      New(seattle(), nil, linesOf("1001")),
		"no plan":    New(nil, &configv1.Trunk{}, linesOf("1001", "reception")),
		"no prefix": New(&configv1.DialPlan{CountryCode: "1", AreaCode: "425", OfficeCode: "555", ExtensionLength: 4},
			&configv1.Trunk{E164: true}, linesOf("1001")),
	}
}

func line(number string) Destination            { return Destination{Line: number} }
func external(number, shown string) Destination { return Destination{External: number, Shown: shown} }

func TestResolve(t *testing.T) {
	plans := offices()
	for _, test := range []struct {
		office, dialled string
		want            Destination
	}{
		{"seattle", "1001", line("1001")},
		{"seattle", "1888", Destination{}},
		{"seattle", "+14255551001", line("1001")},
		{"seattle", "+1 (425) 555-1001", line("1001")},
		{"seattle", "914255551002", line("1002")},
		{"seattle", "95551002", line("1002")},
		{"seattle", "5551002", line("1002")}, // as carriers write it
		{"seattle", "91001", external("1001", "91001")},
		{"seattle", "4255551001", line("1001")}, // as carriers write it
		{"seattle", "14255551001", line("1001")},
		{"seattle", "901114255551001", line("1001")},
		{"seattle", "+14255551888", external("+14255551888", "+14255551888")},
		{"seattle", "95550100", external("+14255550100", "+14255550100")},
		{"seattle", "912065550100", external("+12065550100", "+12065550100")},
		{"seattle", "92065550100", external("+12065550100", "+12065550100")},
		{"seattle", "9011493012345", external("+493012345", "+493012345")},
		{"seattle", "+493012345", external("+493012345", "+493012345")},
		{"seattle", "911", external("911", "911")},
		{"seattle", "9911", external("911", "9911")},
		{"seattle", "919005550100", Destination{Blocked: true}},
		{"seattle", "99005550100", Destination{Blocked: true}},
		{"seattle", "901119005550100", Destination{Blocked: true}},
		{"seattle", "+1 900 555-0100", Destination{Blocked: true}},
		{"seattle", "9011" + strings.Repeat("4", 28), external("+"+strings.Repeat("4", 28), "+"+strings.Repeat("4", 28))},
		{"seattle", "9" + strings.Repeat("2", 31), Destination{}}, // in full it would be too long
		{"seattle", "0", line("1001")},
		{"seattle", "82079460000", external("+442079460000", "+442079460000")},
		{"seattle", "9", Destination{}},
		{"seattle", "9*70", external("*70", "9*70")},
		{"seattle", "", Destination{}},
		{"seattle", "+", Destination{}},
		{"seattle", "sip:1001", Destination{}},
		{"seattle", "9" + strings.Repeat("1", 32), Destination{}},
		{"boeblingen", "200", line("200")},
		{"boeblingen", "201", Destination{}},
		{"boeblingen", "+4970314711200", line("200")},
		{"boeblingen", "+49703147111", line("1")},
		{"boeblingen", "0070314711200", line("200")},
		{"boeblingen", "4711", line("4711")},
		{"boeblingen", "110", line("110")},
		{"boeblingen", "0110", external("110", "0110")},
		{"boeblingen", "0200", external("200", "0200")},
		{"boeblingen", "04711200", line("200")},
		{"boeblingen", "47111", line("1")},
		{"boeblingen", "+49703147119", line("+49703147119")},
		{"boeblingen", "0070 3147119", line("+49703147119")},
		{"boeblingen", "*5", line("*5")},
		{"boeblingen", "012345678", external("0703112345678", "+49703112345678")},
		{"boeblingen", "0030123456", external("030123456", "+4930123456")},
		{"boeblingen", "000442079460000", external("00442079460000", "+442079460000")},
		{"boeblingen", "0116117", external("116117", "+497031116117")},
		{"boeblingen", "00900123456", Destination{Blocked: true}},
		{"boeblingen", "+49900123456", Destination{Blocked: true}},
		{"boeblingen", "011833", external("11833", "011833")},
		{"boeblingen", "112", external("112", "112")},
		{"boeblingen", "+442079460000", external("00442079460000", "+442079460000")},
		{"alone", "95550100", Destination{}},
		{"alone", "+14255551001", line("1001")},
		{"no plan", "1001", line("1001")},
		{"no plan", "reception", line("reception")},
		{"no plan", "nobody", Destination{}},
		{"no plan", "5550100", external("5550100", "5550100")},
		{"no plan", "+14255550100", external("+14255550100", "+14255550100")},
		{"no prefix", "1001", line("1001")},
		{"no prefix", "1002", Destination{}},
		{"no prefix", "5550100", external("+14255550100", "+14255550100")},
		{"no prefix", "12065550100", external("+12065550100", "+12065550100")},
		{"no prefix", "2065550100", external("+12065550100", "+12065550100")},
	} {
		if got := plans[test.office].Resolve(test.dialled); got != test.want {
			t.Errorf("%s: %s is %+v, want %+v", test.office, test.dialled, got, test.want)
		}
	}
}

func TestRuleHidesLine(t *testing.T) {
	plan := New(&configv1.DialPlan{ExternalPrefix: "0", Rules: rules(&configv1.DialRule{Pattern: "110", Action: trunk})},
		&configv1.Trunk{}, linesOf("110"))
	if got, want := plan.Resolve("110"), external("110", "0110"); got != want {
		t.Errorf("110 is %+v, want %+v", got, want)
	}
}

func TestCaller(t *testing.T) {
	plans := offices()
	for _, test := range []struct{ office, number, want string }{
		{"seattle", "+14255550100", "+14255550100"},
		{"seattle", "2065550100", "+12065550100"},
		{"seattle", "+14255551002", "1002"},
		{"seattle", "5551002", "1002"},
		{"seattle", "1001", "91001"}, // somebody outside, whatever it says
		{"seattle", "911", "9911"},
		{"seattle", "anonymous", "anonymous"},
		{"boeblingen", "030123456", "+4930123456"},
		{"boeblingen", "00442079460000", "+442079460000"},
		{"boeblingen", "070314711200", "200"},
		{"boeblingen", "0703147119", "+49703147119"},
		{"boeblingen", "*5", "*5"},
		{"boeblingen", "110", "0110"},
		{"full", "4930123456", "+4930123456"}, // as many trunks write it
		{"full", "4970314711200", "200"},
		{"full", "030123456", "+4930123456"},
		{"full", "49123456", "+49703149123456"},
		{"no plan", "5550100", "5550100"},
		{"no plan", "1001", "1001"}, // as the trunk is told it
	} {
		got := plans[test.office].Caller(test.number)
		if got != test.want {
			t.Errorf("%s: the caller %s is shown as %s, want %s", test.office, test.number, got, test.want)
		}
		if back := plans[test.office].Resolve(got); test.number != "anonymous" && back == (Destination{}) {
			t.Errorf("%s: %s can't be called back", test.office, got)
		}
	}
}

func TestPresented(t *testing.T) {
	plans := offices()
	for _, test := range []struct{ office, line, want string }{
		{"seattle", "1001", "+14255551001"},
		{"seattle", "1777", "1777"},
		{"seattle", "+12065550100", "+12065550100"},
		{"boeblingen", "200", "070314711200"},
		{"boeblingen", "reception", "reception"},
		{"boeblingen", "*5", "*5"},
		{"boeblingen", "+49703147119", "0703147119"},
		{"boeblingen", "+4930123456", "030123456"},
		{"boeblingen", "+442079460000", "00442079460000"},
		{"no plan", "+442079460000", "+442079460000"},
		{"no plan", "", ""},
		{"no plan", "1001", "1001"},
	} {
		if got := plans[test.office].Presented(test.line); got != test.want {
			t.Errorf("%s: the trunk is told %s for %s, want %s", test.office, got, test.line, test.want)
		}
	}
}

func TestExtension(t *testing.T) {
	office := New(&configv1.DialPlan{
		CountryCode: "1", AreaCode: "425", OfficeCode: "555", InternationalPrefix: "011", NationalPrefix: "1", ExtensionLength: 4,
	}, nil, nil)
	anyLength := New(&configv1.DialPlan{CountryCode: "49", AreaCode: "30", OfficeCode: "4711", InternationalPrefix: "00", NationalPrefix: "0"}, nil, nil)
	for _, test := range []struct {
		plan         *Plan
		number, want string
	}{
		{office, "+14255551001", "1001"},
		{office, "01114255551001", "1001"},
		{office, "14255551001", "1001"},
		{office, "4255551001", "1001"},
		{office, "+142555510012", ""},
		{office, "+14255561001", ""},
		{office, "1001", ""},
		{office, "+1425555", ""},
		{anyLength, "+49304711200", "200"},
		{anyLength, "00493047112", "2"},
		{anyLength, "0304711200", "200"},
		{New(&configv1.DialPlan{}, nil, nil), "+14255551001", ""},
		{New(nil, nil, nil), "+14255551001", ""},
		{New(&configv1.DialPlan{CountryCode: "1"}, nil, nil), "+11001", ""},
	} {
		if got := test.plan.Extension(test.number); got != test.want {
			t.Errorf("%s is extension %q, want %q", test.number, got, test.want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"1001", "+14255551001", "9011493012345", "00 30/12 34-56", "*#", "+", "9+1", "12345678901234567890123456789012"} {
		f.Add(seed)
	}
	plans := offices()
	f.Fuzz(func(t *testing.T, dialled string) {
		for name, plan := range plans {
			to := plan.Resolve(dialled)
			kinds := 0
			for _, is := range []bool{to.Line != "", to.External != "", to.Blocked} {
				if is {
					kinds++
				}
			}
			if kinds > 1 || (to.External == "") != (to.Shown == "") {
				t.Fatalf("%s: %q is %+v", name, dialled, to)
			}
			if to.Line != "" && !plan.isLine(to.Line) {
				t.Fatalf("%s: %q is line %s, which there is not", name, dialled, to.Line)
			}
			if strings.LastIndexByte(to.External, '+') > 0 || strings.LastIndexByte(to.Shown, '+') > 0 {
				t.Fatalf("%s: %q is %+v", name, dialled, to)
			}
			if len(to.External) > maxNumber || len(to.Shown) > maxNumber {
				t.Fatalf("%s: %q is %+v, which is too long", name, dialled, to)
			}
			if plan.isLine(to.Shown) {
				t.Fatalf("%s: %q is %+v, shown as a line", name, dialled, to)
			}
			// What is shown is the same number when it is dialled, but for what a
			// rule gave to the trunk as it is.
			cleaned, _ := clean(dialled)
			rule := plan.ruleFor(cleaned)
			if to.Shown != "" && (rule == nil || rule.action != trunk) {
				if again := plan.Resolve(to.Shown); again != to {
					t.Fatalf("%s: %q is %+v, which is %+v when it is called back", name, dialled, to, again)
				}
			}
			caller := plan.Caller(dialled)
			if len(caller) > len(dialled)+16 {
				t.Fatalf("%s: the caller %q is shown as %q", name, dialled, caller)
			}
			if strings.HasPrefix(caller, "+") && plan.Caller(caller) != caller {
				t.Fatalf("%s: the caller %q is shown as %q, and that as %q", name, dialled, caller, plan.Caller(caller))
			}
			// A line is known again by what the trunk is told.
			if presented := plan.Presented(to.Line); to.Line != "" && plan.Caller(presented) != to.Line {
				t.Fatalf("%s: line %s is %s on the trunk, and that is %s", name, to.Line, presented, plan.Caller(presented))
			}
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	plan := offices()["seattle"]
	for _, dialled := range []string{"1001", "+14255551001", "912065550100"} {
		b.Run(dialled, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plan.Resolve(dialled)
			}
		})
	}
}
