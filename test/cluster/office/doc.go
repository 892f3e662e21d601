// SPDX-License-Identifier: Apache-2.0

// Package office is a busy office in front of an Offhook that is being worked
// on: software phones in calls, and CSTA sessions that monitor them, hold the
// calls and take them back without end. At the end it says whether a call was
// dropped, a session ended, or an event came twice, too late or not at all. It
// knows nothing of how Offhook is run.
package office
