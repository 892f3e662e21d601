// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// moveMessage writes the events that move calls and parties; nil for others.
func (c *common) moveMessage() csta.Event {
	switch e := c.event.GetEvent().(type) {
	case *ctiv1.Event_Diverted:
		return c.diverted(e.Diverted)
	case *ctiv1.Event_Queued:
		return c.queued(e.Queued)
	case *ctiv1.Event_Transferred:
		return &csta.TransferedEvent{
			PrimaryOldCall:         c.connection(e.Transferred.GetPrimaryOldCall()),
			SecondaryOldCall:       c.optionalConnection(e.Transferred.GetSecondaryOldCall()),
			TransferringDevice:     c.subject(e.Transferred.GetTransferringDevice()),
			TransferredToDevice:    c.subject(e.Transferred.GetTransferredToDevice()),
			TransferredConnections: c.connections(e.Transferred.GetTransferredConnections()),
			LocalConnectionInfo:    c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), CallLinkageDataList: c.linkageList(),
		}
	case *ctiv1.Event_Conferenced:
		return &csta.ConferencedEvent{
			PrimaryOldCall:        c.connection(e.Conferenced.GetPrimaryOldCall()),
			SecondaryOldCall:      c.optionalConnection(e.Conferenced.GetSecondaryOldCall()),
			ConferencingDevice:    c.subject(e.Conferenced.GetConferencingDevice()),
			AddedParty:            c.subject(e.Conferenced.GetAddedParty()),
			ConferenceConnections: c.connections(e.Conferenced.GetConferenceConnections()),
			LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
			ServicesPermitted: c.permitted(), CallLinkageDataList: c.linkageList(),
		}
	}
	return nil
}

func (c *common) diverted(e *ctiv1.Diverted) csta.Event {
	return &csta.DivertedEvent{
		Connection:            c.connection(e.GetConnection()),
		DivertingDevice:       c.subject(e.GetDivertingDevice()),
		NewDestination:        c.subject(e.GetNewDestination()),
		CallingDevice:         c.optionalSubject(e.GetCallingDevice()),
		CalledDevice:          c.optionalSubject(e.GetCalledDevice()),
		LastRedirectionDevice: c.redirection(),
		LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
		ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
		AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
	}
}

func (c *common) queued(e *ctiv1.Queued) csta.Event {
	message := &csta.QueuedEvent{
		QueuedConnection:      c.connection(e.GetQueuedConnection()),
		Queue:                 c.subject(e.GetQueue()),
		CallingDevice:         c.subject(e.GetCallingDevice()),
		CalledDevice:          c.subject(e.GetCalledDevice()),
		LastRedirectionDevice: c.redirection(),
		LocalConnectionInfo:   c.local(), CorrelatorData: c.correlator(), UserData: c.user(), Cause: c.cause(),
		ServicesPermitted: c.permitted(), AssociatedCallingDevice: c.associatedCalling(),
		AssociatedCalledDevice: c.associatedCalled(), CallLinkageData: c.linkage(),
	}
	if waiting := int(e.GetNumberQueued()); waiting > 0 {
		message.NumberQueued = &waiting
	}
	return message
}

// connections are those of a call after a transfer or conference.
func (c *common) connections(items []*ctiv1.ConnectionListItem) []csta.ConnectionListItem {
	list := make([]csta.ConnectionListItem, len(items))
	for i, item := range items {
		endpoint := &csta.Endpoint{NotKnown: true}
		if number := item.GetEndpoint(); number != "" && !c.hidden(number) {
			endpoint = &csta.Endpoint{DeviceID: &csta.DeviceID{Text: c.Names.Write(number)}}
		}
		list[i] = csta.ConnectionListItem{
			NewConnection: c.optionalConnection(item.GetNewConnection()),
			OldConnection: c.optionalConnection(item.GetOldConnection()), Endpoint: endpoint,
		}
	}
	return list
}
