// SPDX-License-Identifier: Apache-2.0

// Package controller owns what happens when objects, Secrets or the data plane
// change: one reconciler gives the data plane the configuration of all targets,
// another writes the status of each object. It never judges or renders objects
// itself.
package controller
