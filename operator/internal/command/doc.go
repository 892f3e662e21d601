// SPDX-License-Identifier: Apache-2.0

// Package command owns the operator's process: flags, logging, the admin
// listener, the manager with leader election, and how all parts are put
// together. It never knows what they do.
package command
