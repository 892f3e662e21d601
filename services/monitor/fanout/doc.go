// SPDX-License-Identifier: Apache-2.0

// Package fanout owns CSTA monitors and takes numbered events to them: it keeps
// monitors in a bucket and in memory, encodes each event once per way of
// writing it, and hands it to each edge in order, with all its recipients. A
// slow edge delays no other; what is lost is told by System Status. It never
// controls a phone and never talks SIP.
package fanout
