// SPDX-License-Identifier: Apache-2.0

package targetconfig

// Source is what components read configuration from.
type Source interface {
	// Snapshot is the configuration now; never nil.
	Snapshot() *Snapshot
	// Subscribe calls a function after each change with the snapshots before
	// and after it, one change at a time, in order. The function must not
	// block. The returned function ends it.
	Subscribe(changed func(before, after *Snapshot)) (unsubscribe func())
}
