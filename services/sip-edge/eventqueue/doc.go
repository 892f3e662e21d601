// SPDX-License-Identifier: Apache-2.0

// Package eventqueue owns the order of what one application is sent: the
// response to a request before the events that it caused, events in the order
// in which they came, and what is dropped when the application doesn't keep
// up. Queue decides and has no clock, goroutine or socket; Pump runs it. The
// package never reads a body.
package eventqueue
