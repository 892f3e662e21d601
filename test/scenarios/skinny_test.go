// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"path/filepath"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestScenariosOnSkinnyPhones plays the same stories on Skinny phones: what the
// applications are told is the same, byte for byte.
func TestScenariosOnSkinnyPhones(t *testing.T) {
	others := notOnSkinny()
	play(t, openSkinny, func(path string) string {
		if filepath.Dir(path) != stories {
			return ""
		}
		return others[filepath.Base(path)]
	})
}

// notOnSkinny are the stories that can't be told on Skinny phones, and why.
func notOnSkinny() map[string]string {
	const beyondTrunk = "it calls beyond the trunk, which is of the SIP side"
	return map[string]string{
		"dial_digits.txt":       beyondTrunk,
		"dial_via_office.txt":   beyondTrunk,
		"forward_external.txt":  beyondTrunk,
		"trunk_in.txt":          beyondTrunk,
		"trunk_out.txt":         beyondTrunk,
		"redirect_by_phone.txt": "such phones have no key for a number to redirect to; skinny/divert_by_hand.txt is about the key they have",
		"transfer_by_hand.txt":  "such phones transfer with a consultation call; see skinny/transfer_by_hand.txt",
		"physical.txt":          "such phones have other displays, buttons and lamps; see skinny/physical.txt",
	}
}

// TestWhatSkinnyPhonesCannotPlay holds the list against the stories.
func TestWhatSkinnyPhonesCannotPlay(t *testing.T) { playOtherwise(t, openSkinny, notOnSkinny()) }

// playOtherwise wants each story that is listed to go otherwise.
func playOtherwise(t *testing.T, open func(*testing.T) *office, listed map[string]string) {
	t.Helper()
	for name, why := range listed {
		t.Run(name, func(t *testing.T) {
			s := &story{t: t, office: open(t), names: newNames()}
			otherwise := false
			datadriven.RunTest(t, filepath.Join(stories, name), func(_ *testing.T, d *datadriven.TestData) string {
				otherwise = otherwise || s.command(d) != d.Expected
				return d.Expected
			})
			if !otherwise {
				t.Errorf("it can be played, though the list says that %s", why)
			}
			for _, p := range s.parties {
				p.leave(t)
			}
		})
	}
}
