// SPDX-License-Identifier: Apache-2.0

// Package skinnyphone is a Skinny (SCCP) phone without a case: it registers as
// desk phones do, obeys its server in everything, keeps what a desk phone would
// show, sends and hears RTP, and has the keys of one for its user. It is for
// demonstrations, tests and load, and decides nothing by itself: what it shows
// is what the server said, and a soft key that the server does not offer can't
// be pressed.
//
// A phone has one goroutine, and two more for each call with RTP.
package skinnyphone
