// SPDX-License-Identifier: Apache-2.0

package session

import (
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

func TestExtensionOf(t *testing.T) {
	office := &configv1.DialPlan{
		CountryCode: "1", AreaCode: "425", OfficeCode: "555", InternationalPrefix: "011", NationalPrefix: "1", ExtensionLength: 4,
	}
	anyLength := &configv1.DialPlan{CountryCode: "49", AreaCode: "30", OfficeCode: "4711", InternationalPrefix: "00", NationalPrefix: "0"}
	for _, test := range []struct {
		plan         *configv1.DialPlan
		number, want string
	}{
		{office, "+14255551001", "1001"},
		{office, "01114255551001", "1001"},
		{office, "14255551001", "1001"},
		{office, "+142555510012", ""},
		{office, "+14255561001", ""},
		{office, "1001", ""},
		{office, "+1425555", ""},
		{anyLength, "+49304711200", "200"},
		{anyLength, "00493047112", "2"},
		{anyLength, "0304711200", "200"},
		{anyLength, "304711200", ""},
		{&configv1.DialPlan{}, "+14255551001", ""},
		{nil, "+14255551001", ""},
	} {
		if got := extensionOf(test.plan, test.number); got != test.want {
			t.Errorf("%s is extension %q, want %q", test.number, got, test.want)
		}
	}
}
