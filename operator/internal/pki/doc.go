// SPDX-License-Identifier: Apache-2.0

// Package pki owns the Secrets that an installation needs inside: the key of
// sealed credentials, the keys of the edges, the password of NATS's system
// account, and the authority with one certificate for each component. It makes
// what is absent, renews what is due and overwrites nothing else. It never
// touches certificates that phones or applications see.
package pki
