// SPDX-License-Identifier: Apache-2.0

package scenarios

import "testing"

// TestScenariosOnSkinnyPhones plays the same stories on Skinny phones: what the
// applications are told is the same, byte for byte.
func TestScenariosOnSkinnyPhones(t *testing.T) { play(t, openSkinny, notOnSkinny()) }

// notOnSkinny are the stories that can't be told on Skinny phones, and why.
func notOnSkinny() map[string]string {
	const (
		beyondTrunk = "it calls beyond the trunk, which is of the SIP side"
		otherKeys   = "the user does it with keys of another kind"
	)
	return map[string]string{
		"dial_digits.txt": beyondTrunk, "dial_via_office.txt": beyondTrunk, "forward_external.txt": beyondTrunk,
		"trunk_in.txt": beyondTrunk, "trunk_out.txt": beyondTrunk,
		"redirect_by_phone.txt": otherKeys, "transfer_by_hand.txt": otherKeys,
		"physical.txt": "such phones have other displays, buttons and lamps",
	}
}
