// SPDX-License-Identifier: Apache-2.0

// Package dataplane owns the operator's side of NATS and phone-control: it
// gives targets their configuration, and knows what the data plane runs, holds
// and reports. It never reads the Kubernetes API, and it never decides what a
// configuration says.
package dataplane
