// SPDX-License-Identifier: Apache-2.0

// Package session owns CSTA application sessions: who may open one for which
// line, ECMA-323 requests in and responses out, capability exchange, rights,
// and the end of sessions. It turns each CSTA service into one typed call of
// phone-control or monitor. It keeps nothing that the sessions bucket does not
// have, talks no SIP and keeps no call state.
package session
