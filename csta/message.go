// SPDX-License-Identifier: Apache-2.0

package csta

// Kind is the role of a message.
type Kind uint8

// The kinds of message.
const (
	KindRequest  Kind = iota + 1 // a service request; someone answers it
	KindResponse                 // a positive response
	KindEvent                    // an event of a monitor
	KindReport                   // sent unasked or in parts, with no response
	KindError                    // CSTAErrorCode and the negative responses of ECMA-354
)

// Message is one ECMA-323 or ECMA-354 document body, always a pointer to one of
// this package's message types. A Message is not safe for concurrent use while
// somebody writes to it; any number may read and append it.
type Message interface {
	// Element is the name of the root element, "MakeCall".
	Element() string
	// Kind is the role of the message.
	Kind() Kind

	appendContent(dst []byte, ed Edition) []byte
}

// MonitorCrossRefID names a monitor within a CSTA session (ECMA-269,
// monitor cross reference identifier).
type MonitorCrossRefID string

// Event is a message that a monitor reports. Every event begins with the
// monitorCrossRefID of its monitor.
type Event interface {
	Message
	// CrossRef gives the monitor the event is reported to.
	CrossRef() MonitorCrossRefID
	// SetCrossRef says which monitor the event is reported to.
	SetCrossRef(id MonitorCrossRefID)
	// FilterBit gives the place of the event in a MonitorFilter: the group and
	// the name of its boolean, such as "callcontrol" and "delivered".
	FilterBit() (group, name string)

	appendAfterCrossRef(dst []byte, ed Edition) []byte
}

// NewMessage returns an empty message by the name of its root element, and nil
// if there is none of that name.
func NewMessage(element string) Message { return newMessage(element) }

// Elements lists the root elements of all messages, in alphabetical order.
func Elements() []string { return elements() }
