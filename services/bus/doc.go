// SPDX-License-Identifier: Apache-2.0

// Package bus owns what services keep and say through NATS: the JetStream
// stream of numbered events and the typed key-value buckets. It uses features
// of nats-server 2.9 only. It never knows what a record means, and it hides
// nothing: a lost event is reported as a Gap, a lost connection as an error.
package bus
