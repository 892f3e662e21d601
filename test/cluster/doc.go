// SPDX-License-Identifier: Apache-2.0

// Package cluster tests Offhook on a real Kubernetes cluster, from outside, as
// its users meet it: the chart, the manifests, phones and applications at one
// address, scaling, restarts, upgrades and the end. `make e2e` runs it; without
// a cluster it is skipped.
package cluster
