// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// associatedMessage writes what is told of digits, data and services that did
// not complete; nil for other events.
func (c *common) associatedMessage() csta.Event {
	switch e := c.event.GetEvent().(type) {
	case *ctiv1.Event_DigitsDialed:
		return &csta.DigitsDialedEvent{
			DialingConnection:   c.connection(e.DigitsDialed.GetDialingConnection()),
			DialingDevice:       c.subject(e.DigitsDialed.GetDialingDevice()),
			DialingSequence:     e.DigitsDialed.GetDialingSequence(),
			LocalConnectionInfo: c.local(), CorrelatorData: c.correlator(), Cause: c.cause(), ServicesPermitted: c.permitted(),
			AssociatedCallingDevice: c.associatedCalling(), AssociatedCalledDevice: c.associatedCalled(),
			CallLinkageData: c.linkage(),
		}
	case *ctiv1.Event_DigitsGenerated:
		return &csta.DigitsGeneratedEvent{
			Connection: c.connection(e.DigitsGenerated.GetConnection()), DigitGeneratedList: e.DigitsGenerated.GetDigits(),
		}
	case *ctiv1.Event_CallInformation:
		return &csta.CallInformationEvent{
			Connection: c.connection(e.CallInformation.GetConnection()), Device: c.subject(e.CallInformation.GetDevice()),
			CallingDevice:  c.optionalSubject(e.CallInformation.GetCallingDevice()),
			CorrelatorData: c.correlator(), ServicesPermitted: c.permitted(), UserData: c.user(),
		}
	case *ctiv1.Event_ServiceCompletionFailure:
		return &csta.ServiceCompletionFailureEvent{
			PrimaryCall:   c.optionalConnection(e.ServiceCompletionFailure.GetPrimaryCall()),
			SecondaryCall: c.optionalConnection(e.ServiceCompletionFailure.GetSecondaryCall()), Cause: c.cause(),
		}
	}
	return nil
}
