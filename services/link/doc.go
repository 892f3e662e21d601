// SPDX-License-Identifier: Apache-2.0

// Package link owns how services of Offhook call one another: generated gRPC
// clients over one of three carriers. Direct is a straight method call inside
// one process, Conn multiplexes unary calls on one long-lived stream, and plain
// gRPC stays open for administrators' tools. A Server registers each service
// implementation once and serves all carriers. The package never decides which
// replica to call; that is package directory.
package link
