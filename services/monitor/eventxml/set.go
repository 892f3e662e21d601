// SPDX-License-Identifier: Apache-2.0

package eventxml

// Set is a set of kinds.
type Set uint64

// NewSet reads the names of kinds, those of MonitorFilter; names of other
// events mean nothing.
func NewSet(names []string) Set {
	var set Set
	if len(names) == 0 {
		return set
	}
	for _, k := range Kinds() {
		kind := k.Name()
		for _, name := range names {
			if name == kind {
				set |= 1 << k
			}
		}
	}
	return set
}

// BeyondBasic are the kinds that CME's basic CSTA mode leaves out, as
// Communicator does not know them.
func BeyondBasic() Set {
	var set Set
	for _, k := range Kinds() {
		switch k {
		case KindServiceInitiated, KindOriginated, KindDelivered, KindEstablished, KindHeld, KindRetrieved,
			KindDiverted, KindTransferred, KindConferenced, KindFailed, KindConnectionCleared, KindCallCleared,
			KindDoNotDisturb, KindForwarding, KindBackInService, KindOutOfService:
		default:
			set |= 1 << k
		}
	}
	return set
}

// Has reports whether a kind is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }
