// SPDX-License-Identifier: Apache-2.0

// Package registrar is the registrar of one target's SIP phones (RFC 3261 10,
// RFC 3327): it challenges and reads REGISTER, keeps the bindings of every
// line, writes them to a store so that the next owner of the target knows its
// phones, and tells when a line gets its first phone or loses its last one.
//
// Bindings is the pure core: no clock, no goroutine, no I/O. Registrar is the
// shell around it. The package never sends a request to a phone and knows no
// call.
package registrar
