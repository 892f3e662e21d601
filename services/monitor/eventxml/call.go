// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// callMessage writes the events that are about one connection; nil for others.
func (c *common) callMessage() csta.Event {
	switch e := c.event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return &csta.ServiceInitiatedEvent{
			InitiatedConnection: c.connection(e.ServiceInitiated.GetInitiatedConnection()),
			InitiatingDevice:    c.subject(e.ServiceInitiated.GetInitiatingDevice()),
			LocalConnectionInfo: c.local(), CorrelatorData: c.correlator(), Cause: c.cause(), ServicesPermitted: c.permitted(),
			AssociatedCallingDevice: c.associatedCalling(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Originated:
		return &csta.OriginatedEvent{
			OriginatedConnection: c.connection(e.Originated.GetOriginatedConnection()),
			CallingDevice:        c.subject(e.Originated.GetCallingDevice()),
			CalledDevice:         c.subject(e.Originated.GetCalledDevice()),
			LocalConnectionInfo:  c.local(), CorrelatorData: c.correlator(), Cause: c.cause(), ServicesPermitted: c.permitted(),
			AssociatedCallingDevice: c.associatedCalling(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Offered:
		return &csta.OfferedEvent{
			OfferedConnection:     c.connection(e.Offered.GetOfferedConnection()),
			OfferedDevice:         c.subject(e.Offered.GetOfferedDevice()),
			CallingDevice:         c.subject(e.Offered.GetCallingDevice()),
			CalledDevice:          c.subject(e.Offered.GetCalledDevice()),
			LastRedirectionDevice: c.redirection(),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
			AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Delivered:
		return &csta.DeliveredEvent{
			Connection:            c.connection(e.Delivered.GetConnection()),
			AlertingDevice:        c.subject(e.Delivered.GetAlertingDevice()),
			CallingDevice:         c.subject(e.Delivered.GetCallingDevice()),
			CalledDevice:          c.subject(e.Delivered.GetCalledDevice()),
			LastRedirectionDevice: c.redirection(),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
			AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_NetworkReached:
		return &csta.NetworkReachedEvent{
			OutboundConnection:    c.connection(e.NetworkReached.GetOutboundConnection()),
			NetworkInterfaceUsed:  csta.Subject(csta.DeviceID{Text: e.NetworkReached.GetNetworkInterfaceUsed()}),
			CallingDevice:         c.subject(e.NetworkReached.GetCallingDevice()),
			CalledDevice:          c.subject(e.NetworkReached.GetCalledDevice()),
			LastRedirectionDevice: c.redirection(),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Established:
		return &csta.EstablishedEvent{
			EstablishedConnection: c.connection(e.Established.GetEstablishedConnection()),
			AnsweringDevice:       c.subject(e.Established.GetAnsweringDevice()),
			CallingDevice:         c.subject(e.Established.GetCallingDevice()),
			CalledDevice:          c.subject(e.Established.GetCalledDevice()),
			LastRedirectionDevice: c.redirection(),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
			AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Held:
		return &csta.HeldEvent{
			HeldConnection:      c.connection(e.Held.GetHeldConnection()),
			HoldingDevice:       c.subject(e.Held.GetHoldingDevice()),
			LocalConnectionInfo: c.local(), CorrelatorData: c.correlator(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Retrieved:
		return &csta.RetrievedEvent{
			RetrievedConnection: c.connection(e.Retrieved.GetRetrievedConnection()),
			RetrievingDevice:    c.subject(e.Retrieved.GetRetrievingDevice()),
			LocalConnectionInfo: c.local(), CorrelatorData: c.correlator(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_Failed:
		return &csta.FailedEvent{
			FailedConnection:      c.connection(e.Failed.GetFailedConnection()),
			FailingDevice:         c.subject(e.Failed.GetFailingDevice()),
			CallingDevice:         c.subject(e.Failed.GetCallingDevice()),
			CalledDevice:          c.subject(e.Failed.GetCalledDevice()),
			LastRedirectionDevice: c.redirection(),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
			AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_ConnectionCleared:
		return &csta.ConnectionClearedEvent{
			DroppedConnection:   c.connection(e.ConnectionCleared.GetDroppedConnection()),
			ReleasingDevice:     c.subject(e.ConnectionCleared.GetReleasingDevice()),
			LocalConnectionInfo: c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_CallCleared:
		return &csta.CallClearedEvent{
			ClearedCall:    csta.ConnectionID{CallID: csta.CallID(e.CallCleared.GetClearedCall())},
			CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(), CallLinkageData: c.linkage(),
		}
	}
	return nil
}

// callingDevice is who makes the call that an event is about; empty where the
// event does not say.
func callingDevice(event *ctiv1.Event) string {
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return e.ServiceInitiated.GetInitiatingDevice()
	case *ctiv1.Event_Originated:
		return e.Originated.GetCallingDevice()
	case *ctiv1.Event_Offered:
		return e.Offered.GetCallingDevice()
	case *ctiv1.Event_Delivered:
		return e.Delivered.GetCallingDevice()
	case *ctiv1.Event_NetworkReached:
		return e.NetworkReached.GetCallingDevice()
	case *ctiv1.Event_Established:
		return e.Established.GetCallingDevice()
	case *ctiv1.Event_Failed:
		return e.Failed.GetCallingDevice()
	case *ctiv1.Event_Diverted:
		return e.Diverted.GetCallingDevice()
	case *ctiv1.Event_Queued:
		return e.Queued.GetCallingDevice()
	case *ctiv1.Event_DigitsDialed:
		return e.DigitsDialed.GetDialingDevice()
	}
	return ""
}
