// SPDX-License-Identifier: Apache-2.0

// Package lineside tests phone-control alone with real SIP phones: baresip
// registers with a replica, without an edge in between, and the test asks for
// services as csta-session does. It has no code of its own.
package lineside
