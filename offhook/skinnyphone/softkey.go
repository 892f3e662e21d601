// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"errors"
	"fmt"
	"strings"

	"offhook.dev/services/skinny"
)

// SoftKey is one that the phone shows.
type SoftKey struct {
	Label string
	Key   skinny.SoftKey
	// Masked keys are in the set, but not shown.
	Masked bool
}

// Errors of keys that can't be pressed.
var (
	ErrKeyNotOffered = errors.New("soft key is not in the set that is shown")
	ErrKeyMasked     = errors.New("soft key is masked out")
)

// softKeys are what the server defined.
type softKeys struct {
	template []skinny.SoftKeyLabel
	sets     []skinny.SoftKeySet
}

// selection is the set that the server chose for a call, or for no call.
type selection struct {
	set  skinny.KeySet
	mask uint32
}

// define takes a part of the template or of the sets.
func define[T any](known []T, offset uint32, part []T, limit int) []T {
	if int64(offset) > int64(len(known)) {
		return known // there is a gap
	}
	known = append(known[:offset:offset], part...)
	return known[:min(len(known), limit)]
}

// of gives the keys of a selection, the masked ones marked.
func (k *softKeys) of(chosen selection) []SoftKey {
	if int64(chosen.set) >= int64(len(k.sets)) {
		return nil
	}
	var keys []SoftKey
	for i, place := range k.sets[chosen.set].Template {
		if place == 0 || int(place) > len(k.template) {
			continue
		}
		label := k.template[place-1]
		keys = append(keys, SoftKey{
			Label: skinny.Readable(label.Label), Key: label.Key, Masked: chosen.mask&(1<<i) == 0,
		})
	}
	return keys
}

// offered checks that a key can be pressed.
func offered(keys []SoftKey, key skinny.SoftKey) error {
	var shown []string
	for _, k := range keys {
		switch {
		case k.Key == key && k.Masked:
			return fmt.Errorf("%w: %s", ErrKeyMasked, k.Label)
		case k.Key == key:
			return nil
		case !k.Masked:
			shown = append(shown, k.Label)
		}
	}
	return fmt.Errorf("%w: key %d is not in %v", ErrKeyNotOffered, key, shown)
}

// KeyNamed gives the key with a label, case aside.
func KeyNamed(keys []SoftKey, label string) (skinny.SoftKey, bool) {
	for _, k := range keys {
		if strings.EqualFold(k.Label, label) {
			return k.Key, true
		}
	}
	return 0, false
}
