// SPDX-License-Identifier: Apache-2.0

// Package crd tests the CustomResourceDefinitions of the chart with the API
// server's own code, without an API server: that they are accepted, and what
// they refuse. It tests nothing of the operator.
package crd
