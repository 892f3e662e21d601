// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/sipstack"
)

const sdpType = "application/sdp"

// State of a call at the phone.
type State string

// starting is a call whose first message is not out yet: nothing can be done
// with it.
const starting State = "starting"

// States of a call.
const (
	Dialing   State = "dialing"
	Ringing   State = "ringing"
	Connected State = "connected"
	Held      State = "held" // by this phone
	Ended     State = "ended"
)

// Call is one call at a phone. Its methods may be called from any goroutine.
type Call struct {
	phone *Phone
	peer  string
	audio *audio.Stream

	// acting keeps Answer and Hangup, which take several steps, apart.
	acting sync.Mutex

	mutex    sync.Mutex
	state    State
	dialog   *sipstack.Dialog
	incoming *sipstack.ServerTx
	// offer is the caller's; nil where the INVITE had none, so that the answer
	// comes in the ACK.
	offer       []byte
	awaitAnswer bool
	// abandoned is a call that was given up while its 2xx may be on its way.
	abandoned bool
	// changing tells a re-INVITE of this phone under way.
	changing   bool
	heldByPeer bool
	hadMedia   bool
	version    uint64
	timers     []func()
}

// Peer is the other party's number as SIP told it.
func (c *Call) Peer() string { return c.peer }

// State of the call.
func (c *Call) State() State {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.state
}

// RTP counts the packets of the call sent and received so far.
func (c *Call) RTP() (sent, received uint64) {
	counters := c.audio.Counters()
	return counters.PacketsSent, counters.PacketsReceived
}

// Dial calls a number of the phone's domain.
func (p *Phone) Dial(number string) (*Call, error) {
	from, err := p.address()
	if err != nil {
		return nil, err
	}
	to, err := p.party(number)
	if err != nil {
		return nil, err
	}
	call := &Call{phone: p, peer: number, state: starting}
	if err := p.add(call); err != nil {
		return nil, fmt.Errorf("dial %s: %w", number, err)
	}
	body, err := call.describe([]uint8{audio.PayloadPCMU, audio.PayloadPCMA}, SendRecv)
	if err != nil {
		call.finish(err.Error())
		return nil, err
	}
	p.report(OutgoingCall, call, "")
	// The lock makes a response wait until the dialog is known here.
	call.mutex.Lock()
	call.dialog, err = p.endpoint.Invite(sipstack.InviteSpec{
		RequestURI: to.URI, From: from, To: to, Contact: &p.contact, Route: p.route(),
		Headers: p.capabilities(), Body: body, ContentType: sdpType,
		Handler: call, OnResponse: call.onInviteResponse,
		Credentials: &sipstack.Credentials{Username: p.settings.Username, Password: p.settings.Password},
	})
	if err == nil && call.state == starting {
		call.state = Dialing
	}
	call.mutex.Unlock()
	if err != nil {
		call.finish(err.Error())
		return nil, fmt.Errorf("dial %s: %w", number, err)
	}
	return call, nil
}

func (p *Phone) capabilities() []sipstack.Header {
	headers := []sipstack.Header{sipstack.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, UPDATE")}
	if p.settings.RemoteControl {
		headers = append(headers, sipstack.NewHeader("Allow-Events", "talk,hold"))
	}
	return headers
}

func (c *Call) onInviteResponse(response *sipstack.Response) {
	switch code := response.StatusCode; {
	case code == 180 || code == 183:
		c.phone.report(FarEndRings, c, "")
	case code < 200:
	case code < 300:
		c.mutex.Lock()
		dialog, wanted := c.dialog, !c.abandoned && c.state != Ended
		if wanted {
			c.state = Connected
		}
		c.mutex.Unlock()
		_ = dialog.Ack(nil, "")
		if !wanted {
			_ = dialog.Bye()
			return
		}
		c.applyAnswer(response.Body())
		c.phone.report(CallConnected, c, "")
	default:
		c.finish(fmt.Sprintf("%d %s", code, response.Reason))
	}
}

// Answer picks the ringing call up.
func (c *Call) Answer() error {
	c.acting.Lock()
	defer c.acting.Unlock()
	c.mutex.Lock()
	if c.state != Ringing {
		c.mutex.Unlock()
		return ErrNotRinging
	}
	c.state = Connected
	incoming, offer := c.incoming, c.offer
	c.awaitAnswer = offer == nil
	c.mutex.Unlock()

	body, err := c.answerTo(offer)
	if err != nil {
		_ = incoming.Reject(488)
		c.finish(err.Error())
		return err
	}
	if _, err := incoming.Accept(sipstack.AcceptSpec{
		Code: 200, Headers: c.phone.capabilities(), Body: body, ContentType: sdpType, Contact: &c.phone.contact, Handler: c,
	}); err != nil {
		c.finish(err.Error())
		return fmt.Errorf("answer: %w", err)
	}
	c.phone.report(CallConnected, c, "")
	return nil
}

// Hangup ends the call: BYE, CANCEL, or 486 while it rings here.
func (c *Call) Hangup() error {
	c.acting.Lock()
	defer c.acting.Unlock()
	c.mutex.Lock()
	state, dialog, incoming := c.state, c.dialog, c.incoming
	c.abandoned = c.abandoned || state == Dialing
	c.mutex.Unlock()
	switch state {
	case Ringing:
		err := incoming.Reject(486)
		c.finish("rejected here")
		return err
	case Dialing:
		dialog.Cancel()
	case Connected, Held:
		return dialog.Bye()
	case starting, Ended:
		return ErrNoSuchCall
	}
	return nil
}

// finish ends the call at the phone, once.
func (c *Call) finish(why string) {
	c.mutex.Lock()
	if c.state == Ended {
		c.mutex.Unlock()
		return
	}
	c.state = Ended
	timers := c.timers
	c.mutex.Unlock()
	for _, stop := range timers {
		stop()
	}
	c.audio.Close()
	c.phone.remove(c)
	c.phone.report(CallEnded, c, why)
}

func randomToken() string {
	var token [12]byte
	_, _ = rand.Read(token[:]) // never fails
	return hex.EncodeToString(token[:])
}
