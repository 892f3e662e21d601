// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// Kind is a kind of event.
type Kind uint8

// Kinds of events.
const (
	KindNone Kind = iota
	KindServiceInitiated
	KindOriginated
	KindDelivered
	KindEstablished
	KindHeld
	KindRetrieved
	KindConnectionCleared
	KindFailed
	KindCallCleared
	KindBackInService
	KindOutOfService
	kinds
)

// KindOf is the kind of an event; KindNone for one that this version does not
// know.
func KindOf(event *ctiv1.Event) Kind {
	switch event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return KindServiceInitiated
	case *ctiv1.Event_Originated:
		return KindOriginated
	case *ctiv1.Event_Delivered:
		return KindDelivered
	case *ctiv1.Event_Established:
		return KindEstablished
	case *ctiv1.Event_Held:
		return KindHeld
	case *ctiv1.Event_Retrieved:
		return KindRetrieved
	case *ctiv1.Event_ConnectionCleared:
		return KindConnectionCleared
	case *ctiv1.Event_Failed:
		return KindFailed
	case *ctiv1.Event_CallCleared:
		return KindCallCleared
	case *ctiv1.Event_BackInService:
		return KindBackInService
	case *ctiv1.Event_OutOfService:
		return KindOutOfService
	}
	return KindNone
}

// Message is an empty message of the kind; nil for KindNone.
func (k Kind) Message() csta.Event {
	switch k {
	case KindServiceInitiated:
		return &csta.ServiceInitiatedEvent{}
	case KindOriginated:
		return &csta.OriginatedEvent{}
	case KindDelivered:
		return &csta.DeliveredEvent{}
	case KindEstablished:
		return &csta.EstablishedEvent{}
	case KindHeld:
		return &csta.HeldEvent{}
	case KindRetrieved:
		return &csta.RetrievedEvent{}
	case KindConnectionCleared:
		return &csta.ConnectionClearedEvent{}
	case KindFailed:
		return &csta.FailedEvent{}
	case KindCallCleared:
		return &csta.CallClearedEvent{}
	case KindBackInService:
		return &csta.BackInServiceEvent{}
	case KindOutOfService:
		return &csta.OutOfServiceEvent{}
	default:
		return nil
	}
}

// Name is that of the kind's boolean in a MonitorFilter, "delivered"; empty for
// KindNone.
func (k Kind) Name() string {
	message := k.Message()
	if message == nil {
		return ""
	}
	_, name := message.FilterBit()
	return name
}

// Kinds are all kinds of events that monitors report.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := KindNone + 1; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// Set is a set of kinds.
type Set uint32

// NewSet reads the names of kinds, those of MonitorFilter; names of other
// events mean nothing.
func NewSet(names []string) Set {
	var set Set
	if len(names) == 0 {
		return set
	}
	for _, k := range Kinds() {
		kind := k.Name()
		for _, name := range names {
			if name == kind {
				set |= 1 << k
			}
		}
	}
	return set
}

// Has reports whether a kind is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }
