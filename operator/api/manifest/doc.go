// SPDX-License-Identifier: Apache-2.0

// Package manifest reads folders of manifests strictly: the same YAML that
// `kubectl apply` takes. It reports every fault with file, object, field and
// what to do, and gives a Set only when there is none. It is pure: bytes in,
// objects out.
package manifest
