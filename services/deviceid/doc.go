// SPDX-License-Identifier: Apache-2.0

// Package deviceid owns how CSTA applications write devices: it reads a number
// out of the texts that clients use (tel and sip URIs, ECMA-269 switching
// function representations, bare numbers) and writes other numbers in the same
// form. It is pure, and never knows which numbers exist.
package deviceid
