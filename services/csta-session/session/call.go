// SPDX-License-Identifier: Apache-2.0

package session

import (
	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/targetconfig"
)

// call is one service request while it is served, by one goroutine.
type call struct {
	session *statev1.SessionRecord
	target  *targetconfig.Target
	user    *targetconfig.User
	// phones reaches the phone-control that runs the target.
	phones phonecontrolv1.PhoneControlServiceClient
	// line, callID and called are for the audit log.
	line   string
	callID string
	called string
}

// device is a line that a request names.
type device struct {
	line   *targetconfig.Line
	number string
	// text is how responses name it: as the client wrote it, or as it writes
	// its own line where it wrote nothing.
	text string
	// written is what the client wrote, to be learned; empty: nothing.
	written string
}

// right is what a user may do with a line.
type right uint8

const (
	mayMonitor right = iota
	mayControl
	// mayEither is satisfied by one of the two.
	mayEither
)

func (r right) allowedBy(rights targetconfig.Rights) bool {
	switch r {
	case mayMonitor:
		return rights.Monitor
	case mayControl:
		return rights.Control
	default:
		return rights.Monitor || rights.Control
	}
}

// role is the part that a device or connection plays in a service. It decides
// which values of CSTAErrorCode refuse it.
type role struct {
	connection, device, denied csta.ErrorValue
}

var (
	roleSubject = role{csta.OperationInvalidConnectionID, csta.OperationInvalidDeviceID, csta.OperationPrivilegeViolationSpecifiedDevice}
	roleActive  = role{csta.OperationInvalidActiveConnectionID, csta.OperationInvalidActiveDeviceID, csta.OperationPrivilegeViolationActiveDevice}
	roleHeld    = role{csta.OperationInvalidHeldConnectionID, csta.OperationInvalidHeldDeviceID, csta.OperationPrivilegeViolationHeldDevice}
	roleCalling = role{csta.OperationInvalidConnectionID, csta.OperationInvalidCallingDeviceID, csta.OperationPrivilegeViolationCallingDevice}
	roleDivert  = role{csta.OperationInvalidConnectionID, csta.OperationInvalidDivertingDeviceID, csta.OperationPrivilegeViolationOnDivertingDevice}
	rolePark    = role{csta.OperationInvalidConnectionID, csta.OperationInvalidCallToParkDeviceID, csta.OperationPrivilegeViolationCallToParkDevice}
	rolePickUp  = role{csta.OperationInvalidConnectionID, csta.OperationInvalidPickUpDeviceID, csta.OperationPrivilegeViolationPickUpDevice}
)

// names writes devices as the client does. Where conversion is off, only the
// session's own line is; other numbers stay bare.
func (c *call) names() deviceid.Names { return namesOf(c.session, c.target) }

// device finds the line that a device text means; empty is the session's line.
// Unknown is the error value where there is none.
func (c *call) device(text string, unknown csta.ErrorValue) (device, error) {
	if text == "" {
		number := c.session.GetLine()
		if number == "" {
			return device{}, ctierr.Operation(string(unknown), "the session has no line of its own; name one")
		}
		line, ok := c.target.Line(number)
		if !ok {
			return device{}, ctierr.Operation(string(unknown), "line %s of the session is gone", number)
		}
		return device{line: line, number: number, text: c.names().Write(number)}, nil
	}
	line := lineOf(c.target, text)
	if line == nil {
		return device{}, ctierr.Operation(string(unknown), "no line %s", text)
	}
	return device{line: line, number: line.GetNumber(), text: text, written: text}, nil
}

// line finds a line on which the user has a right.
func (c *call) lineWith(need right, text string, as role) (device, error) {
	found, err := c.device(text, as.device)
	if err != nil {
		return device{}, err
	}
	c.line = found.number
	return found, c.permit(need, found.line, as)
}

// permit refuses a line on which the user lacks a right.
func (c *call) permit(need right, line *targetconfig.Line, as role) error {
	if need.allowedBy(rightsOn(c.user, line)) {
		return nil
	}
	return ctierr.Operation(string(as.denied), "user %s lacks the right on line %s", c.session.GetUser(), line.GetNumber())
}

// dialled reads a number to call, park or route to. A full number of a line is
// dialled by its extension.
func (c *call) dialled(text string, unknown csta.ErrorValue) (string, error) {
	parsed, err := deviceid.Parse(text)
	if err != nil || parsed.IsOwn() {
		return "", ctierr.Operation(string(unknown), "cannot dial %q", text)
	}
	if line := lineOf(c.target, text); line != nil {
		return line.GetNumber(), nil
	}
	return parsed.Number, nil
}

// basic reports whether the target keeps to what Communicator understands
// (CME's `cti csta mode basic`).
func (c *call) basic() bool { return isBasic(c.target) }

func isBasic(target *targetconfig.Target) bool {
	return target.Config.GetCsta().GetMode() == configv1.Mode_MODE_BASIC
}

// edition is the one that the session was opened in.
func (c *call) edition() csta.Edition { return csta.Edition(c.session.GetEdition()) }
