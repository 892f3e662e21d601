// SPDX-License-Identifier: Apache-2.0

package lru

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMapDropsWhatWasUsedLongestAgo(t *testing.T) {
	var dropped []string
	m := New(2, func(key string, _ int) { dropped = append(dropped, key) })
	m.Put("a", 1)
	m.Put("b", 2)
	if v, ok := m.Get("a"); !ok || v != 1 {
		t.Fatalf("Get(a) = %d, %t", v, ok)
	}
	m.Put("c", 3)
	m.Put("c", 4)
	if _, ok := m.Get("b"); ok {
		t.Error("b should have been dropped")
	}
	if v, _ := m.Get("c"); v != 4 {
		t.Errorf("Get(c) = %d, want 4", v)
	}
	m.Delete("a")
	m.Put("d", 5)
	if diff := cmp.Diff([]string{"b"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if m.Len() != 2 {
		t.Errorf("Len = %d, want 2", m.Len())
	}
}

func TestMapHoldsAtLeastOne(t *testing.T) {
	m := New[int, int](0, nil)
	m.Put(1, 1)
	m.Put(2, 2)
	if _, ok := m.Get(2); !ok || m.Len() != 1 {
		t.Errorf("Len = %d, want the latest entry only", m.Len())
	}
}
