// SPDX-License-Identifier: Apache-2.0

// Package proxy owns the way between phones and the phone-control that runs
// their target: a transaction-stateful proxy (RFC 3261 16) with Path (RFC
// 3327), Record-Route on both sides (RFC 5658) and flows (RFC 5626). What a
// phone sends goes to the owner of its target and nowhere else, whatever its
// Routes say; what phone-control sends goes to the flow in the token of its
// Route. The package knows neither calls nor registrations and authenticates
// no user.
package proxy
