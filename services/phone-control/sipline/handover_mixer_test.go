// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// TestConferenceIsHandedOver: the parties are offered a port of the next owner's
// mixer, and are in the conference there.
func TestConferenceIsHandedOver(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil, phones...)
	s.connected(phones[0], phones[1])
	s.do(conference(1, false), conference(2, false))
	for _, p := range phones {
		ears[p].mixed(p, "sendrecv", "sendrecv")
	}
	s.want("MediaSet 1", "MediaSet 2")
	before := ears[phones[0]].server

	next := newScript(t)
	withMixer(t, next, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil)
	s.handOverTo(next, 1, 2)
	for _, p := range phones {
		ears[p].mixed(p, "sendrecv", "sendrecv")
	}
	next.want("MediaSet 1", "MediaSet 2")
	if ears[phones[0]].server == before {
		t.Errorf("the phone still sends to %s", before)
	}
	loud := []byte(strings.Repeat("\x20\xA0", 80))
	for range 20 {
		ears[phones[0]].says(0, loud)
		ears[phones[0]].sent.Timestamp += 160
	}
	ears[phones[1]].hears("voice of 1001", audible)
	next.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseNormalClearing})
	phones[0].ended(sipstack.EndByeReceived)
}
