// SPDX-License-Identifier: Apache-2.0

package session

import "sync/atomic"

// load counts the services that are being served, and finds overload: from
// the limit on, until half of it is left.
type load struct {
	limit   int64
	serving atomic.Int64
	over    atomic.Bool
}

// change is what one more or one less service did.
type change uint8

const (
	loadUnchanged change = iota
	overloadReached
	overloadRelieved
)

// begin counts a service. It is not admitted above twice the limit; end is due
// all the same.
func (l *load) begin() (admitted bool, changed change) {
	serving := l.serving.Add(1)
	if serving >= l.limit && l.over.CompareAndSwap(false, true) {
		changed = overloadReached
	}
	return serving <= 2*l.limit, changed
}

func (l *load) end() change {
	if l.serving.Add(-1) <= l.limit/2 && l.over.Load() && l.over.CompareAndSwap(true, false) {
		return overloadRelieved
	}
	return loadUnchanged
}

func (l *load) overloaded() bool { return l.over.Load() }
