// SPDX-License-Identifier: Apache-2.0

package eventxml

import ctiv1 "offhook.dev/proto/offhook/cti/v1"

// AppendDevices appends the numbers of all devices that an event names, which
// may repeat; empty ones are left out.
func AppendDevices(dst []string, event *ctiv1.Event) []string {
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return appendKnown(dst, e.ServiceInitiated.GetInitiatedConnection().GetDeviceId(), e.ServiceInitiated.GetInitiatingDevice())
	case *ctiv1.Event_Originated:
		return appendKnown(dst, e.Originated.GetOriginatedConnection().GetDeviceId(), e.Originated.GetCallingDevice(), e.Originated.GetCalledDevice())
	case *ctiv1.Event_Delivered:
		return appendKnown(dst, e.Delivered.GetConnection().GetDeviceId(), e.Delivered.GetAlertingDevice(), e.Delivered.GetCallingDevice(), e.Delivered.GetCalledDevice())
	case *ctiv1.Event_Established:
		return appendKnown(dst, e.Established.GetEstablishedConnection().GetDeviceId(), e.Established.GetAnsweringDevice(), e.Established.GetCallingDevice(), e.Established.GetCalledDevice())
	case *ctiv1.Event_Held:
		return appendKnown(dst, e.Held.GetHeldConnection().GetDeviceId(), e.Held.GetHoldingDevice())
	case *ctiv1.Event_Retrieved:
		return appendKnown(dst, e.Retrieved.GetRetrievedConnection().GetDeviceId(), e.Retrieved.GetRetrievingDevice())
	case *ctiv1.Event_ConnectionCleared:
		return appendKnown(dst, e.ConnectionCleared.GetDroppedConnection().GetDeviceId(), e.ConnectionCleared.GetReleasingDevice())
	case *ctiv1.Event_Failed:
		return appendKnown(dst, e.Failed.GetFailedConnection().GetDeviceId(), e.Failed.GetFailingDevice(), e.Failed.GetCallingDevice(), e.Failed.GetCalledDevice())
	case *ctiv1.Event_BackInService:
		return appendKnown(dst, e.BackInService.GetDevice())
	case *ctiv1.Event_OutOfService:
		return appendKnown(dst, e.OutOfService.GetDevice())
	}
	return dst
}

func appendKnown(dst []string, numbers ...string) []string {
	for _, number := range numbers {
		if number != "" {
			dst = append(dst, number)
		}
	}
	return dst
}
