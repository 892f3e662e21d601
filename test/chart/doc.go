// SPDX-License-Identifier: Apache-2.0

// Package chart tests charts/offhook without a cluster: what it renders for the
// values in its folder ci, strictly read into the types that the API server and
// the services have, and its page of values, which it also generates:
//
//	go test ./chart -update
package chart
