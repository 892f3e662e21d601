// SPDX-License-Identifier: Apache-2.0

// Package skinnyline is the line side of a target whose Skinny (SCCP) phones
// register with Offhook. Such a phone is a terminal: the server says what every
// key means, what the display shows and where media go. The driver keeps what
// each phone shows in step with the call model, turns keys into indications and
// services, and opens and closes the phones' media channels.
//
// # Phones, lines and calls
//
// A station is a phone that is connected and registered; a line is a directory
// number with the stations that have a button for it (several: a shared line).
// A call is what a station shows under one call reference. Most calls are
// connections of the model; a few are none, or not yet: a number that is being
// dialled, or a call that failed and whose tone the user still hears.
//
//	model ──commands──▶ leg     which phone, its media
//	model ──changes───▶ call    what all phones of the line show (show)
//	phone ──keys──────▶ call    what the user wants (keys)
//
// After each step that changed calls of a line the driver asks the model for
// them (Loop.Calls) and sends each station the difference to what it shows.
// Nothing else writes to displays, lamps, ringers and tones of calls, so that
// what CSTA does looks at the phone as if its user had done it.
//
// # Media
//
// Each leg has one media channel, which ends at the phone of another leg, at a
// leg of the target's other line side (lineside.Neighbour), or at the mixer. It
// is opened by OpenReceiveChannel, whose acknowledgement tells where the phone
// takes RTP, and StartMediaTransmission.
//
// # Limits
//
// A station that is silent for two and a half keepalives is taken for gone: its calls end,
// its lines go out of service. One that does not take what it is sent fast
// enough is disconnected. All state belongs to the target's goroutine (Loop);
// connections only hand work over to it, but for keepalives, which they answer
// by themselves.
package skinnyline
