// SPDX-License-Identifier: Apache-2.0

// Package sessionstore owns csta-session's view of the sessions bucket: every
// record in memory, own writes visible at once, others' as the watch tells
// them. Records are immutable. It never decides who may have a session.
package sessionstore
