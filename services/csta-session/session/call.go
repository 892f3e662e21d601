// SPDX-License-Identifier: Apache-2.0

package session

import (
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

// device finds the line that a device text means; empty is the session's line.
// Unknown is the error value where there is none.
func (c *call) device(text string, unknown string) (device, error) {
	if text == "" {
		number := c.session.GetLine()
		line, ok := c.target.Line(number)
		if !ok {
			return device{}, ctierr.Operation(unknown, "line %s of the session is gone", number)
		}
		return device{line: line, number: number, text: namesOf(c.session).Write(number)}, nil
	}
	line := lineOf(c.target, text)
	if line == nil {
		return device{}, ctierr.Operation(unknown, "no line %s", text)
	}
	return device{line: line, number: line.GetNumber(), text: text, written: text}, nil
}

// controlled finds a line that the user may control.
func (c *call) controlled(text, unknown, denied string) (device, error) {
	found, err := c.device(text, unknown)
	if err != nil {
		return device{}, err
	}
	c.line = found.number
	if !rightsOn(c.user, found.line).Control {
		return device{}, ctierr.Operation(denied, "user %s may not control line %s", c.session.GetUser(), found.number)
	}
	return found, nil
}

// monitored finds a line that the user may monitor.
func (c *call) monitored(text, unknown string) (device, error) {
	found, err := c.device(text, unknown)
	if err != nil {
		return device{}, err
	}
	c.line = found.number
	if !rightsOn(c.user, found.line).Monitor {
		return device{}, ctierr.Operation(string(csta.OperationPrivilegeViolationSpecifiedDevice),
			"user %s may not monitor line %s", c.session.GetUser(), found.number)
	}
	return found, nil
}

// dialled reads a number to call. A full number with the extension of a line
// is dialled by the extension.
func (c *call) dialled(text string) (string, error) {
	parsed, err := deviceid.Parse(text)
	if err != nil || parsed.IsOwn() {
		return "", ctierr.Operation(string(csta.OperationInvalidCalledDeviceID), "cannot dial %q", text)
	}
	for _, number := range parsed.Candidates() {
		if _, ok := c.target.Line(number); ok {
			return number, nil
		}
	}
	return parsed.Number, nil
}

// edition is the one that the session was opened in.
func (c *call) edition() csta.Edition { return csta.Edition(c.session.GetEdition()) }
