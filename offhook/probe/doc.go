// SPDX-License-Identifier: Apache-2.0

// Package probe tests an installation from outside, as its users meet it: two
// software phones register, an application opens a CSTA session, monitors both,
// makes a call, holds it, takes it back and clears it, and gets every event once
// and in order. It never changes the configuration.
package probe
