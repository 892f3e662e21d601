// SPDX-License-Identifier: Apache-2.0

// Package lineside puts two drivers together as the line side of one target:
// each command goes to the side that has the leg, a line with phones on both
// sides rings on both, and the two sides see each other as Neighbour, so that a
// call can have a leg on either. It knows no protocol.
package lineside
