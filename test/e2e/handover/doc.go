// SPDX-License-Identifier: Apache-2.0

// Package handover tests what phones notice when phone-control replicas and edges
// come and go under their calls: software phones register through a sip-edge, and
// the test drains replicas as a rolling restart does. It has no code of its own.
package handover
