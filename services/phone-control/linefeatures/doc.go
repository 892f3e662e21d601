// SPDX-License-Identifier: Apache-2.0

// Package linefeatures holds the feature settings of a target's lines
// (ECMA-269, logical device features): forwarding, do not disturb, auto answer,
// caller id status, message waiting, and the agents that are logged on. They are
// as the configuration says until they are set; what is set outlives a change of
// the configuration, and is kept in a record per line.
//
// It is pure: no clock, no goroutine, no I/O. It tells the call model what is
// set (callmodel.Features) and never what becomes of a call.
package linefeatures
