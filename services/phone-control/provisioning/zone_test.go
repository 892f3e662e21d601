// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"testing"
	"time"
)

func TestZonesOfPhones(t *testing.T) {
	winter, summer := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	for iana, want := range map[string][2]string{
		"":                     {"Greenwich Standard Time", "Greenwich Standard Time"},
		"UTC":                  {"Greenwich Standard Time", "Greenwich Standard Time"},
		"Mars/Base":            {"Greenwich Standard Time", "Greenwich Standard Time"},
		"Europe/Vienna":        {"W. Europe Standard/Daylight Time", "W. Europe Standard/Daylight Time"},
		"Europe/Helsinki":      {"GTB Standard/Daylight Time", "GTB Standard/Daylight Time"},
		"Europe/Lisbon":        {"GMT Standard/Daylight Time", "GMT Standard/Daylight Time"},
		"America/Toronto":      {"Eastern Standard/Daylight Time", "Eastern Standard/Daylight Time"},
		"America/Phoenix":      {"US Mountain Standard Time", "US Mountain Standard Time"},
		"Australia/Melbourne":  {"AUS Eastern Standard/Daylight Time", "AUS Eastern Standard/Daylight Time"},
		"Asia/Singapore":       {"Taipei Standard Time", "Taipei Standard Time"},
		"Asia/Calcutta":        {"India Standard Time", "India Standard Time"},
		"Africa/Cairo":         {"GTB Standard/Daylight Time", "GTB Standard/Daylight Time"}, // alike, but for the days of the change
		"Asia/Kathmandu":       {"Greenwich Standard Time", "Greenwich Standard Time"},       // phones know none
		"Australia/Lord_Howe":  {"AUS Eastern Standard/Daylight Time", "Greenwich Standard Time"},
		"America/Mexico_City":  {"Canada Central Standard Time", "Canada Central Standard Time"},
		"Antarctica/Macquarie": {"AUS Eastern Standard/Daylight Time", "AUS Eastern Standard/Daylight Time"},
	} {
		if got := [2]string{zoneName(iana, winter), zoneName(iana, summer)}; got != want {
			t.Errorf("%q: %q, want %q", iana, got, want)
		}
	}
}

func TestZonesAreKnownPlaces(t *testing.T) {
	names := map[string]bool{}
	for _, known := range zones() {
		if _, err := time.LoadLocation(known.place); err != nil || names[known.name] {
			t.Errorf("%+v: %v", known, err)
		}
		names[known.name] = true
	}
}
