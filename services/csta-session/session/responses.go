// SPDX-License-Identifier: Apache-2.0

package session

import (
	"offhook.dev/csta"
	"offhook.dev/services/permitted"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// linkage is the global call id of a call; nil where there is none, and in
// basic mode.
func (c *call) linkage(globalCallID string) *csta.CallLinkageData {
	if globalCallID == "" || c.basic() {
		return nil
	}
	return linkageData(c.target.Name, globalCallID)
}

func linkageData(target, globalCallID string) *csta.CallLinkageData {
	return &csta.CallLinkageData{GlobalCallData: csta.GlobalCallData{
		GlobalCallSwitchingSubDomainName: target,
		GlobalCallLinkageID:              csta.GlobalCallLinkageID{GloballyUniqueCallLinkageID: globalCallID},
	}}
}

// permitted is what may be done at a device; nil in basic mode, and for
// devices that the user may not control.
func (c *call) permitted(number string, mask uint64) *csta.ServicesPermitted {
	if c.basic() {
		return nil
	}
	line, ok := c.target.Line(number)
	if !ok || !rightsOn(c.user, line).Control {
		return nil
	}
	return permitted.Services(mask)
}

// subject is a device in a response; one that is not known is told so.
func (c *call) subject(number string) csta.SubjectDeviceID {
	if number == "" {
		return csta.SubjectDeviceID{}
	}
	return csta.Subject(csta.DeviceID{Text: c.names().Write(number)})
}

// connectionIn is the connection of a device in a call.
func connectionIn(snapshot *phonecontrolv1.SnapshotCallResponse, number string) *ctiv1.ConnectionID {
	return &ctiv1.ConnectionID{CallId: snapshot.GetCallId(), DeviceId: number}
}

// storedCorrelator gives correlator data back as they were stored; nil: none.
func storedCorrelator(data []byte) *csta.CorrelatorData {
	if len(data) == 0 {
		return nil
	}
	return &csta.CorrelatorData{String: string(data)}
}
