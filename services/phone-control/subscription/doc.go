// SPDX-License-Identifier: Apache-2.0

// Package subscription serves what the phones of one target subscribe to
// (RFC 6665): message-summary (RFC 3842), dialog for the lamps of other lines
// (RFC 4235), and as-feature-event, with which a phone's keys set forwarding
// and do-not-disturb. Phones that don't subscribe to message-summary are told
// of waiting messages unasked.
//
// Table is the pure core: no clock, goroutine or I/O. Registry is the shell
// around it. What it tells it asks from Lines; it never decides about calls and
// keeps no feature setting. Subscriptions live in memory: after a hand-over of
// the target phones get 481 at their refresh and subscribe anew.
package subscription
