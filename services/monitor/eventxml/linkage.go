// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
	"offhook.dev/services/permitted"
)

// linkage is the call's global id (CME's GCID).
func (c *common) linkage() *csta.CallLinkageData {
	if id := c.event.GetGlobalCallId(); id != "" && !c.Basic {
		data := c.linkageData(id)
		return &data
	}
	return nil
}

// linkageList is the global id that goes on, and that of the call which ended in
// it.
func (c *common) linkageList() *csta.CallLinkageDataList {
	id, old := c.event.GetGlobalCallId(), c.event.GetOldGlobalCallId()
	if id == "" || c.Basic {
		return nil
	}
	if old == "" {
		old = id
	}
	return &csta.CallLinkageDataList{NewCallLinkageData: c.linkageData(id), OldCallLinkageData: c.linkageData(old)}
}

func (w Writer) linkageData(id string) csta.CallLinkageData {
	return csta.CallLinkageData{GlobalCallData: csta.GlobalCallData{
		GlobalCallSwitchingSubDomainName: w.Target,
		GlobalCallLinkageID:              csta.GlobalCallLinkageID{GloballyUniqueCallLinkageID: id},
	}}
}

// permitted is what the device may do in the call now; nil for a device that is
// out of it.
func (c *common) permitted() *csta.ServicesPermitted {
	if c.Basic || !c.Permitted || c.reported == nil ||
		c.reported.GetLocalConnectionInfo() == ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL {
		return nil
	}
	return permitted.Services(c.reported.GetServicesPermitted())
}
