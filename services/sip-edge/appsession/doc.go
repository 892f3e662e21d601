// SPDX-License-Identifier: Apache-2.0

// Package appsession owns the SIP dialogs of CSTA applications (ECMA TR/87):
// who opened one, its session timer, the order of responses and events, its
// record that another edge can go on from, and its end. It carries CSTA bodies
// as opaque bytes and never reads one.
package appsession
