// SPDX-License-Identifier: Apache-2.0

package control

import "testing"

func TestQueueRefusesNewWorkFirst(t *testing.T) {
	q := newQueue(2)
	nothing := func() {}
	for i, step := range []struct {
		class workClass
		taken bool
	}{
		{newWork, true}, {newWork, true}, {newWork, false},
		{furtherWork, true}, {furtherWork, true}, {furtherWork, true}, {furtherWork, true},
		{furtherWork, true}, {furtherWork, true}, {furtherWork, false},
		{dueWork, true}, {dueWork, true}, {newWork, false},
	} {
		if got := q.put(step.class, nothing); got != step.taken {
			t.Errorf("work %d of class %d: taken %t, want %t", i, step.class, got, step.taken)
		}
	}
	if got := len(q.take(nil)); got != 10 || q.len() != 0 {
		t.Errorf("took %d and left %d, want 10 and 0", got, q.len())
	}
	if !q.put(newWork, nothing) {
		t.Error("an empty queue refused new work")
	}
	if got := len(q.close()); got != 1 {
		t.Errorf("closing gave %d back, want 1", got)
	}
	if q.put(dueWork, nothing) {
		t.Error("a closed queue took work")
	}
}

func TestQueueKeepsOrderAndWakesOnce(t *testing.T) {
	q := newQueue(8)
	var order []int
	for i := range 3 {
		q.put(newWork, func() { order = append(order, i) })
	}
	<-q.ready
	select {
	case <-q.ready:
		t.Error("woken twice for one turn")
	default:
	}
	for _, work := range q.take(nil) {
		work()
	}
	if len(order) != 3 || order[0] != 0 || order[2] != 2 {
		t.Errorf("order is %v", order)
	}
}
