// SPDX-License-Identifier: Apache-2.0

// Package mixer is where media ends that does not run from phone to phone:
// conferences, music and silence on hold, call progress tones, announcements,
// and calls whose digits Offhook generates. It speaks RTP with G.711 (RFC 3550,
// RFC 3551) and telephone-event (RFC 4733).
//
// The driver of a line side programs against Mixer and Port. Everything that it
// says is a plain value (an address, a codec, a conference's name, a Source by
// name), so that a media server elsewhere can stand behind the same interface.
// RTPMixer is the one that comes with Offhook.
//
// A driver opens one Port for each leg whose media is Offhook's, puts
// Port.LocalAddress into its description of that leg, and tells SetRemote what
// the party's description says, again with every change. A port then does one
// thing at a time: Join (a conference; of two parties it is a bridge), Play, or
// nothing.
//
// The package never reads or writes SDP or SIP, knows no calls or devices, and
// decides nothing about who hears whom.
package mixer
