// SPDX-License-Identifier: Apache-2.0

// Package system runs Offhook for a test as its users run it: the built
// binaries as child processes, on loopback addresses of this run only, either
// all in one process or as four services on an external NATS server. It never
// reaches into the processes: it writes manifests, reads logs, and asks /readyz.
package system
