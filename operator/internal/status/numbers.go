// SPDX-License-Identifier: Apache-2.0

package status

import (
	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
)

// countTarget fills in what the data plane holds of a target.
func countTarget(status *v1alpha1.CMETargetStatus, known *dataplane.Target) {
	status.Owner, status.ConfigVersion = known.Owner, known.Applied
}

// countLine fills in what the owner of its target reports of a line. Without a
// report what was known stays.
func countLine(status *v1alpha1.LineStatus, line *v1alpha1.Line, report *dataplane.Report) {
	if report == nil {
		return
	}
	status.RegisteredDevices = int32(len(report.Lines[line.Spec.Number].Devices)) // #nosec G115 -- at most ten
}

// countUser fills in what a user holds.
func countUser(status *v1alpha1.CTIUserStatus, known dataplane.User) {
	status.Sessions = int32(min(known.Sessions, 1<<30)) // #nosec G115 -- bounded here
}
