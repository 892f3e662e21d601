// SPDX-License-Identifier: Apache-2.0

// Package lru holds a bounded map that forgets what was used longest ago. It
// owns order and bound only: it has no lock and no clock.
package lru

import "container/list"

// Map is a bounded map in order of use. It is not safe for concurrent use.
type Map[K comparable, V any] struct {
	limit   int
	onEvict func(K, V)
	order   *list.List // most recently used first
	entries map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// New makes a map of at most limit entries (at least one). onEvict, where set,
// is given each entry that is dropped to make room.
func New[K comparable, V any](limit int, onEvict func(K, V)) *Map[K, V] {
	return &Map[K, V]{
		limit:   max(limit, 1),
		onEvict: onEvict,
		order:   list.New(),
		entries: make(map[K]*list.Element),
	}
}

// Get returns the value of key and marks it as used.
func (m *Map[K, V]) Get(key K) (V, bool) {
	element, ok := m.entries[key]
	if !ok {
		var none V
		return none, false
	}
	m.order.MoveToFront(element)
	return element.Value.(*entry[K, V]).value, true
}

// Put sets the value of key, marks it as used, and drops the entry used
// longest ago where the map was full.
func (m *Map[K, V]) Put(key K, value V) {
	if element, ok := m.entries[key]; ok {
		element.Value.(*entry[K, V]).value = value
		m.order.MoveToFront(element)
		return
	}
	if m.order.Len() >= m.limit {
		oldest := m.order.Back()
		dropped := oldest.Value.(*entry[K, V])
		m.order.Remove(oldest)
		delete(m.entries, dropped.key)
		if m.onEvict != nil {
			m.onEvict(dropped.key, dropped.value)
		}
	}
	m.entries[key] = m.order.PushFront(&entry[K, V]{key: key, value: value})
}

// Delete forgets key without telling onEvict.
func (m *Map[K, V]) Delete(key K) {
	if element, ok := m.entries[key]; ok {
		m.order.Remove(element)
		delete(m.entries, key)
	}
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return m.order.Len() }
