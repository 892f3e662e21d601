// SPDX-License-Identifier: Apache-2.0

// Package siptest stands between clients and servers in tests, as a Kubernetes
// Service does: one TCP address before servers that come and go. It reads nothing
// of what it carries and is never part of a program.
package siptest
