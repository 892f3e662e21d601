// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
)

// Writer says how messages are written.
type Writer struct {
	Names deviceid.Names
	// Target names the target in callLinkageData.
	Target string
	// Basic leaves out what goes beyond the basic call (CME's
	// `cti csta mode basic`): correlator and user data, callLinkageData and
	// servicesPermitted.
	Basic bool
	// Permitted: the application may control the device, so that it is told what
	// it may do.
	Permitted bool
}

// Message is what a monitor reports of an event, without monitorCrossRefID; nil
// for an event that this version does not know. Reported is the monitor's device
// with its own connection state; nil for a monitor on a call.
func (w Writer) Message(event *ctiv1.Event, reported *ctiv1.Reported) csta.Event {
	c := common{Writer: w, event: event, reported: reported}
	if message := c.callMessage(); message != nil {
		return message
	}
	if message := c.moveMessage(); message != nil {
		return message
	}
	if message := c.associatedMessage(); message != nil {
		return message
	}
	if message := c.featureMessage(); message != nil {
		return message
	}
	return c.deviceMessage()
}

// common writes the parts that messages share.
type common struct {
	Writer
	event    *ctiv1.Event
	reported *ctiv1.Reported
}

func (c *common) cause() csta.EventCause {
	if cause := c.event.GetCause(); cause != "" {
		return csta.EventCause(cause)
	}
	return csta.EventCauseNormal
}

func (c *common) local() csta.LocalConnectionState {
	return StateWord(c.reported.GetLocalConnectionInfo())
}

// hidden reports whether a party does not want to be known to the application of
// the reported device.
func (c *common) hidden(number string) bool {
	return number != "" && number == c.event.GetRestrictedDevice() && number != c.reported.GetDeviceId()
}

// connection leaves the device of a hidden party out.
func (c *common) connection(id *ctiv1.ConnectionID) csta.ConnectionID {
	connection := csta.ConnectionID{CallID: csta.CallID(id.GetCallId())}
	if number := id.GetDeviceId(); number != "" && !c.hidden(number) {
		connection.DeviceID.Text = c.Names.Write(number)
	}
	return connection
}

func (c *common) optionalConnection(id *ctiv1.ConnectionID) *csta.ConnectionID {
	if id == nil {
		return nil
	}
	connection := c.connection(id)
	return &connection
}

// subject is notKnown for a device that the event does not know.
func (c *common) subject(number string) csta.SubjectDeviceID {
	switch {
	case number == "":
		return csta.SubjectDeviceID{}
	case c.hidden(number):
		return csta.SubjectDeviceID{Kind: csta.PartyRestricted}
	}
	return csta.Subject(csta.DeviceID{Text: c.Names.Write(number)})
}

// optionalSubject is nil for no device.
func (c *common) optionalSubject(number string) *csta.SubjectDeviceID {
	if number == "" {
		return nil
	}
	subject := c.subject(number)
	return &subject
}

// redirection is the device that redirected the call last.
func (c *common) redirection() csta.RedirectionDeviceID {
	number := c.event.GetLastRedirectionDevice()
	switch {
	case number == "":
		return csta.RedirectionDeviceID{}
	case c.hidden(number):
		return csta.RedirectionDeviceID{Kind: csta.RedirectionRestricted}
	}
	return csta.RedirectedBy(csta.DeviceID{Text: c.Names.Write(number)})
}

// associatedCalling is the remote phone that stands for the caller, which is
// told to the caller's own application.
func (c *common) associatedCalling() *csta.SubjectDeviceID {
	if calling := callingDevice(c.event); calling == "" || calling != c.reported.GetDeviceId() {
		return nil
	}
	return c.optionalSubject(c.event.GetAssociatedCallingDevice())
}

func (c *common) associatedCalled() *csta.SubjectDeviceID {
	return c.optionalSubject(c.event.GetAssociatedCalledDevice())
}

func (c *common) correlator() *csta.CorrelatorData {
	if data := c.event.GetCorrelatorData(); len(data) > 0 && !c.Basic {
		return &csta.CorrelatorData{String: string(data)}
	}
	return nil
}

func (c *common) user() *csta.UserData {
	if data := c.event.GetUserData(); len(data) > 0 && !c.Basic {
		return &csta.UserData{String: string(data)}
	}
	return nil
}

// StateWord is a LocalConnectionState as ECMA-323 spells it; empty where it is
// unspecified.
func StateWord(state ctiv1.LocalConnectionState) csta.LocalConnectionState {
	switch state {
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL:
		return csta.LocalConnectionStateNull
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_INITIATED:
		return csta.LocalConnectionStateInitiated
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING:
		return csta.LocalConnectionStateAlerting
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED:
		return csta.LocalConnectionStateConnected
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD:
		return csta.LocalConnectionStateHold
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_QUEUED:
		return csta.LocalConnectionStateQueued
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_FAIL:
		return csta.LocalConnectionStateFail
	default:
		return ""
	}
}
