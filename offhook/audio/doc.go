// SPDX-License-Identifier: Apache-2.0

// Package audio is the audio of software phones: RTP streams that send a tone,
// count what comes, and tell the tones and digits in it. It plays and records
// nothing, and knows no signalling.
package audio
