// SPDX-License-Identifier: Apache-2.0

// Package csta reads and writes CSTA XML: the requests, responses and events of
// ECMA-323 (editions 2 to 6) and the application sessions of ECMA-354, as typed
// Go values.
//
// It owns the wire format and nothing else: it never opens a connection, keeps
// no state, knows no call and starts no goroutine. It uses the standard library
// only.
//
// Read takes what real applications and phones send, in any child order, with
// vendor elements, with or without a namespace; ReadOptions.Strict holds them
// to the schema instead. Append writes the schema's order. Names that the
// standard misspells (TransferedEvent, OriginatinNIDConnection) stay so.
//
// Optional children that are structures, booleans or integers are pointers, nil
// when absent. Optional texts and enumeration values are absent when empty.
package csta

//go:generate go run ./internal/gen
