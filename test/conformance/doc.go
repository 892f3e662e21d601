// SPDX-License-Identifier: Apache-2.0

// Package conformance checks a CSTA server over SIP (ECMA TR/87) from outside:
// sessions, capability exchange, monitors, call control with its events, features,
// and refusals. It knows nothing of the server but its address, a user and some
// lines, and asks only what ECMA-269, ECMA-323 and TR/87 promise; a service that
// GetCSTAFeatures does not list is not asked for.
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Server{
//			Address: "192.0.2.1:5060", Domain: "example.com", User: "alice", Password: "secret",
//			Lines: []string{"1001", "1002", "1003"},
//		})
//	}
//
// The command csta-conformance below it does the same from a shell.
package conformance
