// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"cmp"
	"time"
	_ "time/tzdata" // a phone's clock must not depend on the image's time zones
)

// zone is a time zone that phones know by a name, with a place in it.
type zone struct{ name, place string }

// zones are those whose rules have not changed since the phones' firmware was
// made. Where several fit, the first is meant.
func zones() []zone {
	return []zone{
		{"Greenwich Standard Time", "UTC"},
		{"Samoa Standard Time", "Pacific/Pago_Pago"},
		{"Hawaiian Standard Time", "Pacific/Honolulu"},
		{"Alaskan Standard/Daylight Time", "America/Anchorage"},
		{"Pacific Standard/Daylight Time", "America/Los_Angeles"},
		{"Mountain Standard/Daylight Time", "America/Denver"},
		{"US Mountain Standard Time", "America/Phoenix"},
		{"Central Standard/Daylight Time", "America/Chicago"},
		{"Canada Central Standard Time", "America/Regina"},
		{"Eastern Standard/Daylight Time", "America/New_York"},
		{"SA Pacific Standard Time", "America/Bogota"},
		{"Atlantic Standard/Daylight Time", "America/Halifax"},
		{"SA Western Standard Time", "America/La_Paz"},
		{"Newfoundland Standard/Daylight Time", "America/St_Johns"},
		{"SA Eastern Standard Time", "America/Argentina/Buenos_Aires"},
		{"Azores Standard/Daylight Time", "Atlantic/Azores"},
		{"GMT Standard/Daylight Time", "Europe/London"},
		{"W. Europe Standard/Daylight Time", "Europe/Berlin"},
		{"GTB Standard/Daylight Time", "Europe/Athens"},
		{"South Africa Standard Time", "Africa/Johannesburg"},
		{"Saudi Arabia Standard Time", "Asia/Riyadh"},
		{"Arabian Standard Time", "Asia/Dubai"},
		{"Afghanistan Standard Time", "Asia/Kabul"},
		{"West Asia Standard Time", "Asia/Tashkent"},
		{"India Standard Time", "Asia/Kolkata"},
		{"Central Asia Standard Time", "Asia/Dhaka"},
		{"SE Asia Standard Time", "Asia/Bangkok"},
		{"Taipei Standard Time", "Asia/Taipei"},
		{"Tokyo Standard Time", "Asia/Tokyo"},
		{"AUS Central Standard Time", "Australia/Darwin"},
		{"Cen. Australia Standard/Daylight Time", "Australia/Adelaide"},
		{"E. Australia Standard Time", "Australia/Brisbane"},
		{"AUS Eastern Standard/Daylight Time", "Australia/Sydney"},
		{"Central Pacific Standard Time", "Pacific/Guadalcanal"},
		{"Fiji Standard Time", "Pacific/Fiji"},
		{"New Zealand Standard/Daylight Time", "Pacific/Auckland"},
	}
}

// zoneName is the phones' name of an IANA time zone: that of one with the same
// time all through the year, else one with the same time now, else UTC's. The
// time on the display comes with the registration in any case.
func zoneName(iana string, now time.Time) string {
	wanted, err := time.LoadLocation(iana)
	if err != nil {
		wanted = time.UTC
	}
	near := ""
	for _, known := range zones() {
		place, err := time.LoadLocation(known.place)
		switch {
		case err != nil:
		case sameYear(wanted, place, now.Year()):
			return known.name
		case near == "" && offset(wanted, now) == offset(place, now):
			near = known.name
		}
	}
	return cmp.Or(near, zones()[0].name)
}

// sameYear tells whether two zones have the same time each day of a year.
func sameYear(a, b *time.Location, year int) bool {
	for day := time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		if offset(a, day) != offset(b, day) {
			return false
		}
	}
	return true
}

func offset(location *time.Location, at time.Time) int {
	_, seconds := at.In(location).Zone()
	return seconds
}
