// SPDX-License-Identifier: Apache-2.0

// Package process owns what every service's main does alike: flags and the
// strict configuration file, logging, the admin listener, the gRPC server, NATS
// and the directory, signals, the order of the drain and the exit code. It
// never knows what a service does; the all-in-one binary does without it.
package process
