// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"time"

	"offhook.dev/services/lru"
)

// replayWindow remembers which nonce counts of which nonces were used. It is
// bounded: once a nonce was dropped from it, every nonce issued no later that
// it does not remember counts as used.
type replayWindow struct {
	nonces *lru.Map[string, *nonceCounts]
	floor  time.Time
}

// nonceCounts is the highest count seen and, in bit i, whether highest-i was.
type nonceCounts struct {
	issued  time.Time
	highest uint32
	seen    uint64
}

// legacyCount marks a nonce used by a response without count, which uses the
// nonce up.
const legacyCount = 0

func newReplayWindow(entries int) *replayWindow {
	w := &replayWindow{}
	w.nonces = lru.New(entries, func(_ string, dropped *nonceCounts) {
		if dropped.issued.After(w.floor) {
			w.floor = dropped.issued
		}
	})
	return w
}

// use tells whether count of nonce is used for the first time, and marks it.
// Counts more than 63 below the highest count as used.
func (w *replayWindow) use(nonce string, issued time.Time, count uint32) bool {
	counts, ok := w.nonces.Get(nonce)
	if !ok {
		if !issued.After(w.floor) {
			return false
		}
		w.nonces.Put(nonce, &nonceCounts{issued: issued, highest: count, seen: 1})
		return true
	}
	if count == legacyCount || counts.highest == legacyCount {
		return false
	}
	if count > counts.highest {
		counts.seen = counts.seen<<min(count-counts.highest, 64) | 1
		counts.highest = count
		return true
	}
	behind := counts.highest - count
	if behind > 63 || counts.seen&(1<<behind) != 0 {
		return false
	}
	counts.seen |= 1 << behind
	return true
}
