// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

func TestCauses(t *testing.T) {
	for _, tt := range []struct {
		code  int
		cause callmodel.Cause
	}{
		{200, "normalClearing"}, {302, "redirected"}, {400, "destNotObtainable"}, {401, "destNotObtainable"},
		{403, "blocked"}, {404, "numberUnallocated"}, {408, "destNotObtainable"}, {410, "numberChanged"},
		{415, "incompatibleDestination"}, {430, "destNotObtainable"}, {480, "destNotObtainable"},
		{484, "invalidNumberFormat"}, {486, "busy"}, {487, "callCancelled"}, {488, "incompatibleDestination"},
		{500, "destOutOfOrder"}, {503, "destOutOfOrder"}, {600, "busy"}, {603, "callNotAnswered"}, {604, "numberUnallocated"},
		{606, "incompatibleDestination"}, {699, "destNotObtainable"},
	} {
		if got := causeOf(tt.code); got != tt.cause {
			t.Errorf("cause of %d is %s, want %s", tt.code, got, tt.cause)
		}
	}
	for _, tt := range []struct {
		cause callmodel.Cause
		code  int
	}{
		{"busy", 486}, {"doNotDisturb", 480}, {"callNotAnswered", 480}, {"destNotObtainable", 480},
		{"destOutOfOrder", 480}, {"numberUnallocated", 404}, {"numberChanged", 410}, {"invalidNumberFormat", 484},
		{"incompatibleDestination", 488}, {"blocked", 403}, {"resourcesNotAvailable", 503}, {"maintenance", 503},
		{"callCancelled", 487}, {"normalClearing", 603}, {"redirected", 480},
	} {
		if got := statusOf(tt.cause); got != tt.code {
			t.Errorf("status of %s is %d, want %d", tt.cause, got, tt.code)
		}
	}
	for _, entry := range statusCauses {
		if entry.code == 603 {
			continue // ends as 480, which is no decline everywhere
		}
		if code := statusOf(entry.cause); causeOf(code) != entry.cause {
			t.Errorf("%d becomes %s, then %d, then %s: two servers in a row change the cause",
				entry.code, entry.cause, code, causeOf(code))
		}
	}
}

func TestDialledNumber(t *testing.T) {
	for text, want := range map[string]string{
		"sip:1002@pbx.test":                 "1002",
		"sip:%2A21%23@pbx.test":             "*21#",
		"sip:1002;phone-context=x@pbx.test": "1002",
		"sip:+4930123@pbx.test;user=phone":  "+4930123",
		"tel:+4930123;isub=1":               "+4930123",
		"sip:pbx.test":                      "",
	} {
		uri, err := sipstack.ParseURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := dialledNumber(&uri); got != want {
			t.Errorf("%s dials %q, want %q", text, got, want)
		}
	}
}
