// SPDX-License-Identifier: Apache-2.0

// Package eventxml owns the way from a numbered event to its ECMA-323 message:
// which events exist, which devices each names, and the message that a monitor
// on one device reports. It is pure. It never decides who gets an event.
package eventxml
