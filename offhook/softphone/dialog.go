// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"fmt"
	"strings"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/sipstack"
)

var _ sipstack.DialogHandler = (*Call)(nil)

// HandleDialogRequest implements sipstack.DialogHandler.
func (c *Call) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	request := tx.Request()
	switch request.Method {
	case "INVITE", "UPDATE":
		c.reOffered(tx)
	case "BYE":
		_ = tx.Respond(200, "")
	case "OPTIONS":
		_ = tx.RespondOptions(allowed, []string{sdpType}, nil)
	case "NOTIFY":
		c.notified(tx)
	case "INFO":
		c.informed(tx)
	default:
		_ = tx.RejectMethod(allowed...)
	}
}

// HandleAck implements sipstack.DialogHandler.
func (c *Call) HandleAck(_ *sipstack.Dialog, ack *sipstack.Request) {
	c.mutex.Lock()
	await := c.awaitAnswer
	c.awaitAnswer = false
	c.mutex.Unlock()
	if await && len(ack.Body()) > 0 {
		c.applyAnswer(ack.Body())
	}
}

// HandleDialogEnd implements sipstack.DialogHandler.
func (c *Call) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd) {
	c.finish(map[sipstack.DialogEnd]string{
		sipstack.EndByeReceived: "the other side hung up", sipstack.EndByeSent: "hung up here",
		sipstack.EndTimerExpired: "session timer", sipstack.EndPeerLost: "the other side is gone",
		sipstack.EndRejected: "rejected or cancelled", sipstack.EndEndpointClose: "phone shut down",
	}[cause])
}

// reOffered serves re-INVITE and UPDATE: a new offer, or none, which asks this
// phone for one.
func (c *Call) reOffered(tx *sipstack.ServerTx) {
	offer := tx.Request().Body()
	if len(offer) == 0 && tx.Request().Method == "UPDATE" {
		_ = tx.Respond(200, "") // a session refresh
		return
	}
	c.mutex.Lock()
	c.awaitAnswer = len(offer) == 0
	c.mutex.Unlock()
	body, err := c.answerTo(offer)
	if err != nil {
		_ = tx.Reject(488)
		return
	}
	_ = tx.Respond(200, "", sipstack.WithBody(body, sdpType), sipstack.WithContact(c.phone.contact))
}

// notified obeys NOTIFY Event: talk and hold where the phone offers them.
func (c *Call) notified(tx *sipstack.ServerTx) {
	event, _, _ := strings.Cut(strings.ToLower(sipstack.HeaderValue(tx.Request(), "Event")), ";")
	if !c.phone.settings.RemoteControl || event != "talk" && event != "hold" {
		_ = tx.Reject(489)
		return
	}
	_ = tx.Respond(200, "")
	switch state := c.State(); {
	case event == "talk" && state == Ringing:
		_ = c.Answer()
	case event == "talk" && state == Held:
		_ = c.Resume()
	case event == "hold" && state == Connected:
		_ = c.Hold()
	}
}

// informed takes a digit that came by INFO (application/dtmf-relay).
func (c *Call) informed(tx *sipstack.ServerTx) {
	if sipstack.MediaType(tx.Request()) != "application/dtmf-relay" {
		_ = tx.RejectContentType("application/dtmf-relay")
		return
	}
	_ = tx.Respond(200, "")
	for line := range strings.Lines(string(tx.Request().Body())) {
		if signal, found := strings.CutPrefix(strings.TrimSpace(line), "Signal="); found {
			c.phone.report(DigitReceived, c, strings.TrimSpace(signal))
		}
	}
}

// Hold puts the connected call on hold: re-INVITE sendonly. The report HeldHere
// or ChangeRefused tells the outcome.
func (c *Call) Hold() error { return c.reInvite(Connected, Held, SendOnly, HeldHere) }

// Resume takes the held call off hold: re-INVITE sendrecv. The report
// ResumedHere or ChangeRefused tells the outcome.
func (c *Call) Resume() error { return c.reInvite(Held, Connected, SendRecv, ResumedHere) }

func (c *Call) reInvite(from, to State, direction Direction, kind ReportKind) error {
	c.mutex.Lock()
	if state := c.state; state != from {
		c.mutex.Unlock()
		return fmt.Errorf("%w: it is %s", ErrNotConnected, state)
	}
	if c.changing {
		c.mutex.Unlock()
		return ErrChanging
	}
	dialog := c.dialog
	c.changing = true
	c.mutex.Unlock()
	body, err := c.describe([]uint8{audio.PayloadPCMU, audio.PayloadPCMA}, direction)
	if err != nil {
		c.changed()
		return err
	}
	again := true
	spec := sipstack.RequestSpec{Method: "INVITE", Body: body, ContentType: sdpType}
	spec.OnResponse = func(response *sipstack.Response) {
		if response.StatusCode < 200 {
			return
		}
		if again && response.StatusCode == 503 && sipstack.IsLocal(response) {
			// The connection has ended: the same offer goes by the next one.
			again = false
			if _, err := dialog.Send(spec); err == nil {
				return
			}
		}
		c.changed()
		if response.StatusCode >= 300 {
			c.phone.report(ChangeRefused, c, fmt.Sprintf("%d %s", response.StatusCode, response.Reason))
			return
		}
		_ = dialog.Ack(nil, "")
		c.mutex.Lock()
		if c.state == from {
			c.state = to
		}
		c.mutex.Unlock()
		c.applyAnswer(response.Body())
		c.phone.report(kind, c, "")
	}
	if _, err := dialog.Send(spec); err != nil {
		c.changed()
		return fmt.Errorf("send re-INVITE: %w", err)
	}
	return nil
}

// changed lets the next re-INVITE go.
func (c *Call) changed() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.changing = false
}
