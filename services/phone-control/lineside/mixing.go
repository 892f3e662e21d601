// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/targetconfig"
)

// Negative answers of both sides where media are to end at the mixer.
var (
	// ErrNoMixer: there is nothing that could mix or play media.
	ErrNoMixer = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceOutOfService", Detail: "the target has no mixer",
	}
	// ErrConferenceFull: there is no room for one more party.
	ErrConferenceFull = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceLimitExceeded", Detail: "the conference or the mixer is full",
	}
)

// MusicOnHold is what a held party hears; empty: nothing.
func MusicOnHold(target *targetconfig.Target) mixer.Source {
	switch target.Config.GetMedia().GetMusicOnHold() {
	case configv1.MusicOnHold_MUSIC_ON_HOLD_MUSIC:
		return mixer.Music
	case configv1.MusicOnHold_MUSIC_ON_HOLD_SILENCE:
		return mixer.Silence
	case configv1.MusicOnHold_MUSIC_ON_HOLD_UNSPECIFIED, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE:
	}
	return ""
}

// Join puts a port into the conference of media, which parties of either side
// find under the same name. Errors are the mixer's.
func Join(port mixer.Port, target *targetconfig.Target, media callmodel.Media) error {
	participation := mixer.Active
	if media.ListenOnly {
		participation = mixer.Silent
	}
	return port.Join(mixer.Conference{
		Name: target.Name + "/" + string(media.Conference), MaxParties: int(target.Config.GetMedia().GetConferenceParties()),
	}, participation)
}
