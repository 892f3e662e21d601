// SPDX-License-Identifier: Apache-2.0

// Package sipstack is Offhook's SIP: transports, transactions, dialogs and
// session timers, with one ordered queue per Call-ID. It alone imports sipgo,
// of which it uses the parser and the header types (docs/adr/0003).
//
// It owns sockets, RFC 3261 clause 17 and 12 state, and RFC 4028 timers. It
// never looks into a body, never decides who may do what, and never answers a
// request that a handler could answer, except where RFC 3261 leaves no choice
// (400, 481, 482, 487, 491, 500, 503, 505).
//
// Locks, in the order they are taken: callShard.mu, call.mu, then one of the
// leaves (timerQueue.mu, tcpConn.mu, transports.mu). Handlers are called with
// none held.
package sipstack
