// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 has the manifests of Offhook: CMETarget, Line and CTIUser,
// in API group cti.offhook.dev. The same objects are applied to a cluster and
// read from a folder by `offhook`. The package owns the types, their defaults
// and their validation; it never reads files and never talks to a cluster.
//
// +kubebuilder:object:generate=true
// +groupName=cti.offhook.dev
package v1alpha1
