// SPDX-License-Identifier: Apache-2.0

// Package targetconfig owns the applied configuration of targets: it watches
// rendered configurations on the bus, opens their sealed credentials, refuses
// what is invalid, and gives the rest as one immutable snapshot. It never
// renders configuration from manifests.
package targetconfig
