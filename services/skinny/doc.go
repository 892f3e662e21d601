// SPDX-License-Identifier: Apache-2.0

// Package skinny is the Skinny Client Control Protocol (SCCP) between an IP
// phone and its call agent: frames, messages and the layouts of protocol
// versions 3 to 22. It has no connection, no state of a phone and no policy.
//
// A frame is, all little endian,
//
//	u32 length     of what follows the next word: 4 and the payload
//	u32 version    0, or the version of the layouts where it is 11 or later
//	u32 id         of the message
//	payload
//
// # Versions
//
// Phone and server use the lower of what both know (Negotiate). Layouts change
// at these versions; between them nothing does that this package has:
//
//	 5  RegisterAck tells features
//	 8  Dynamic messages: text of any length instead of fields of fixed size
//	11  StopTone names the tone, receive channels have source and direction
//	16  OpenReceiveChannel asks for a kind of address
//	17  addresses have a kind and 16 bytes
//	18  numbers have 25 characters, and following words are not aligned
//	21  media have capabilities of V.150 modems
//
// Versions 12 to 15 are spoken as 11.
//
// # Tolerance
//
// Phones send shorter payloads than this package writes, and longer ones. What
// is missing reads as zero, what is too much is passed over. Only a frame that
// can't be one is an error.
package skinny
