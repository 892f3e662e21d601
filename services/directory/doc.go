// SPDX-License-Identifier: Apache-2.0

// Package directory owns who is there: live replicas of each service, the
// leases of targets, and the connection to each of them. It hands out generated
// clients that find their replica anew at each call. It never balances by load
// and never knows what a call does.
package directory
