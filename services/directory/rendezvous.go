// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"hash/fnv"
	"slices"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

// rank orders replicas by their rendezvous weight for a key, heaviest first,
// draining ones last.
func rank(replicas []*statev1.Replica, key string) []*statev1.Replica {
	ranked := slices.Clone(replicas)
	slices.SortStableFunc(ranked, func(a, b *statev1.Replica) int {
		if heavier(a, b, key) {
			return -1
		}
		return 1
	})
	return ranked
}

// pick is the first of rank without sorting; nil: there is none.
func pick(replicas []*statev1.Replica, key string) *statev1.Replica {
	var best *statev1.Replica
	for _, replica := range replicas {
		if best == nil || heavier(replica, best, key) {
			best = replica
		}
	}
	return best
}

func heavier(a, b *statev1.Replica, key string) bool {
	if a.GetDraining() != b.GetDraining() {
		return b.GetDraining()
	}
	weightA, weightB := weight(a.GetId(), key), weight(b.GetId(), key)
	if weightA != weightB {
		return weightA > weightB
	}
	return a.GetId() < b.GetId()
}

// weight mixes FNV-1a of both names: the finaliser spreads what FNV leaves
// alike in names that differ in one character.
func weight(id, key string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id))
	_, _ = hash.Write([]byte{0})
	_, _ = hash.Write([]byte(key))
	sum := hash.Sum64()
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd
	sum ^= sum >> 33
	sum *= 0xc4ceb9fe1a85ec53
	return sum ^ sum>>33
}
