// SPDX-License-Identifier: Apache-2.0

// Package scenarios plays stories of CSTA against the whole of Offhook in one
// process: an application for each line, over SIP, and phones at the lines. The
// stories and what every application is told, as XML, are in testdata. It has no
// code of its own.
//
// Each story is played on simulated phones, on software Skinny phones that are
// registered over TCP, and with a SIP phone among Skinny phones; the applications
// are told the same. Stories that such phones can't play are listed, with the
// reason, in notOnSkinny and notOnSIPPhone; those of Skinny phones alone, and of
// their keys, are in testdata/skinny.
//
// A story is a text of commands, each followed by what it brings about:
//
//	parties 1001 1002        opens a session for each line and monitors it;
//	                         ed=6 gives the edition, monitor=no leaves the monitor out
//	do 1001                  the application of 1001 sends the request that follows
//	act 1002 PICK_UP         what the user of a phone does (SimulatedPhoneService, or
//	                         the keys that do it)
//	press 1002 Transfer 1003 the user of a Skinny phone presses soft keys, by their
//	                         labels, and digits
//	await 1001 FailedEvent   waits until the application of 1001 is told so; what the
//	                         server requests of it (RouteRequest) is told only then
//	eventually 1001          as do, again and again until it is served
//	write hotline.yaml       replaces a manifest, which is read after a moment
//	end                      the story's calls must be over; its sessions are closed
//
// In requests c1/1001 stands for callID and deviceID of a connection, c1 and the
// like for call ids, m1 for monitorCrossRefIDs, r1 for routeing references: in
// the order in which they are first seen.
//
// After each command every application gets what is due to it: a device that all
// of them monitor goes in or out of service, and that event is the last one.
package scenarios
