// SPDX-License-Identifier: Apache-2.0

// Package digestauth is the server side of SIP digest authentication (RFC
// 3261 22, RFC 7616, RFC 8760). It owns nonces, their replay window and the
// count of failures per source. It verifies from HA1 values that its caller
// looks up: it never sees a password, and never decides what an authenticated
// user may do.
package digestauth
