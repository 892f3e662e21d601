// SPDX-License-Identifier: Apache-2.0

// Package cstaclient is a CSTA application over SIP (uaCSTA, ECMA TR/87): it
// opens a session with RequestSystemStatus, sends services in INFO, refreshes
// the session (RFC 4028), and hands events over in the order in which they came.
// It works with any server that speaks TR/87 and owns one SIP endpoint for all
// its sessions.
package cstaclient
