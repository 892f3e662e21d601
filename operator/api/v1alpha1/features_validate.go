// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (m TargetMedia) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	switch m.MusicOnHold {
	case MusicOnHoldNone, MusicOnHoldSilence, MusicOnHoldMusic:
	default:
		faults = append(faults, field.NotSupported(path.Child("musicOnHold"), m.MusicOnHold, []MusicOnHold{MusicOnHoldNone, MusicOnHoldSilence, MusicOnHoldMusic}))
	}
	return append(faults, within(path.Child("conferenceParties"), m.ConferenceParties, 3, 16)...)
}

func (f TargetFeatures) validate(path *field.Path) field.ErrorList {
	slots := path.Child("parkSlots")
	var faults field.ErrorList
	if len(f.ParkSlots) > maxParkSlots {
		faults = append(faults, field.TooMany(slots, len(f.ParkSlots), maxParkSlots))
	}
	seen := make(map[string]bool, len(f.ParkSlots))
	for i, number := range f.ParkSlots {
		switch {
		case !numberPattern.MatchString(number):
			faults = append(faults, field.Invalid(slots.Index(i), number, numberRule))
		case seen[number]:
			faults = append(faults, field.Duplicate(slots.Index(i), number))
		}
		seen[number] = true
	}
	faults = append(faults, between(path.Child("parkTimeout"), f.ParkTimeout, time.Second, 24*time.Hour)...)
	faults = append(faults, between(path.Child("routeTimeout"), f.RouteTimeout, 100*time.Millisecond, 5*time.Minute)...)
	faults = append(faults, between(path.Child("ringDuration"), f.RingDuration, time.Second, 30*time.Second)...)
	faults = append(faults, within(path.Child("maxRedirections"), f.MaxRedirections, 1, 64)...)
	faults = append(faults, between(path.Child("callBackTimeout"), f.CallBackTimeout, time.Minute, 7*24*time.Hour)...)
	return append(faults, between(path.Child("failedTime"), f.FailedTime, 0, 5*time.Minute)...)
}
