// SPDX-License-Identifier: Apache-2.0

// Package status owns what the status of an object says: conditions and numbers
// out of what is wrong with the object and what the data plane holds of it. It
// is pure: it neither reads nor writes objects.
package status
