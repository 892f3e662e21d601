// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/sipstack"
)

// eventQueue bounds the events that wait for the application. When it is full
// the newest are lost and counted.
const eventQueue = 1024

// messageQueue bounds the other messages of the server. When it is full the
// newest are lost.
const messageQueue = 256

// SessionOptions say whose session on which line.
type SessionOptions struct {
	// User and Password of the digest; User goes into From.
	User, Password string
	// Domain of From and To; the server's host where empty.
	Domain string
	// Line is the device: a number, or a sip or tel URI.
	Line string
	// Edition of ECMA-323 to speak; ed3 where zero.
	Edition csta.Edition
	// Expires is the session timer to ask for; zero takes the server's.
	Expires time.Duration
}

// Session is an open CSTA session. It is safe for concurrent use.
type Session struct {
	client  *Client
	options SessionOptions
	dialog  *sipstack.Dialog
	events  chan csta.Event
	// messages are what the server sends besides events.
	messages chan csta.Message
	lost     atomic.Uint64
	// reconnecting: the way to the server is being opened again. breaks counts the
	// connections that have ended.
	reconnecting atomic.Bool
	breaks       atomic.Uint64

	mutex  sync.Mutex
	closed bool
	// abandoned tells that Open gave up while the 2xx may be on its way.
	abandoned bool
	ended     chan struct{}
	cause     sipstack.DialogEnd
}

// Open opens a session: INVITE with RequestSystemStatus. It fails with a
// *SIPError where the server refuses, and with ErrNotNormal where the server is
// not in normal operation.
func (c *Client) Open(ctx context.Context, options SessionOptions) (*Session, error) {
	if options.Edition == 0 {
		options.Edition = csta.DefaultEdition
	}
	s := &Session{client: c, options: options, events: make(chan csta.Event, eventQueue), messages: make(chan csta.Message, messageQueue), ended: make(chan struct{})}
	from, to, err := s.parties()
	if err != nil {
		return nil, err
	}
	body := s.encode(&csta.RequestSystemStatus{})
	final := make(chan *sipstack.Response, 1)
	s.mutex.Lock()
	s.dialog, err = c.endpoint.Invite(sipstack.InviteSpec{
		RequestURI: to.URI, From: from, To: to,
		Route:   []string{"<sip:" + c.options.Server + ";transport=" + c.options.Transport + ";lr>"},
		Headers: signalHeaders(), Body: body, ContentType: ContentType,
		Handler: s, SessionExpires: options.Expires,
		Credentials: &sipstack.Credentials{Username: options.User, Password: options.Password},
		OnResponse: func(response *sipstack.Response) {
			if response.StatusCode < 200 {
				return
			}
			s.mutex.Lock()
			abandoned := s.abandoned
			if !abandoned {
				final <- response
			}
			s.mutex.Unlock()
			if abandoned && response.StatusCode < 300 {
				s.refuse()
			}
		},
	})
	s.mutex.Unlock()
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	select {
	case <-ctx.Done():
		s.abandon(final)
		return nil, fmt.Errorf("open session: %w", ctx.Err())
	case response := <-final:
		if response.StatusCode >= 300 {
			return nil, sipError("INVITE", response)
		}
		if err := s.dialog.Ack(nil, ""); err != nil {
			return nil, fmt.Errorf("open session: acknowledge: %w", err)
		}
		if err := s.checkStatus(response.Body()); err != nil {
			_ = s.dialog.Bye()
			return nil, err
		}
		c.add(s)
		select {
		case <-s.ended: // in the same moment
			c.remove(s)
		default:
		}
		return s, nil
	}
}

// abandon gives the INVITE up, or ends the dialog where its 2xx has come.
func (s *Session) abandon(final <-chan *sipstack.Response) {
	s.mutex.Lock()
	s.abandoned = true
	s.mutex.Unlock()
	select {
	case response := <-final:
		if response.StatusCode < 300 {
			s.refuse()
		}
	default:
		s.dialog.Cancel()
	}
}

// refuse ends a dialog that nobody wants any more.
func (s *Session) refuse() {
	_ = s.dialog.Ack(nil, "")
	_ = s.dialog.Bye()
}

// Events gives the session's events in the order in which they came; it is
// closed when the session has ended.
func (s *Session) Events() <-chan csta.Event { return s.events }

// Messages gives what the server sends besides events, in order and answered
// already: SwitchingFunctionDevices, the routeing dialogue, SystemStatus,
// RequestSystemStatus, and MonitorStop of a monitor that the server ended. It is
// closed when the session has ended. Who does not need them need not read.
func (s *Session) Messages() <-chan csta.Message { return s.messages }

// Lost counts events that came while the queue of Events was full.
func (s *Session) Lost() uint64 { return s.lost.Load() }

// Ended is closed when the session has ended, by either side.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Cause says how the session ended; 0 while it is open.
func (s *Session) Cause() sipstack.DialogEnd {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.cause
}

// Close ends the session with BYE and waits until it has ended.
func (s *Session) Close(ctx context.Context) error {
	select {
	case <-s.ended:
		return nil
	default:
	}
	if err := s.dialog.Bye(); err != nil && !errors.Is(err, sipstack.ErrDialogGone) {
		return fmt.Errorf("close session: %w", err)
	}
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close session: %w", ctx.Err())
	}
}

// Refresh refreshes the session now: re-INVITE with RequestSystemStatus (TR/87).
// It fails as Open does, and with a *sipstack.GlareError while another INVITE is
// under way.
func (s *Session) Refresh(ctx context.Context) error {
	final := make(chan *sipstack.Response, 1)
	spec := s.HandleRefresh(s.dialog)
	spec.OnResponse = func(response *sipstack.Response) {
		if response.StatusCode >= 200 {
			final <- response
		}
	}
	if _, err := s.dialog.Send(spec); err != nil {
		return fmt.Errorf("refresh session: %w", err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("refresh session: %w", ctx.Err())
	case response := <-final:
		if response.StatusCode >= 300 {
			return sipError("INVITE", response)
		}
		if err := s.dialog.Ack(nil, ""); err != nil {
			return fmt.Errorf("refresh session: acknowledge: %w", err)
		}
		return s.checkStatus(response.Body())
	}
}

// Invoke sends a service request and returns its positive response. A negative
// one is a *ServiceError, a SIP fault a *SIPError, the session's end ErrEnded.
func (s *Session) Invoke(ctx context.Context, request csta.Message) (csta.Message, error) {
	answer, err := s.InvokeRaw(ctx, s.encode(request))
	if err != nil {
		return nil, err
	}
	document, err := csta.Read(answer, csta.ReadOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the response to %s: %w", request.Element(), err)
	}
	if negative, ok := document.Message.(*csta.CSTAErrorCode); ok {
		return nil, serviceError(request.Element(), negative)
	}
	return document.Message, nil
}

// Send sends a message that has no positive response, such as RouteSelect. A
// negative one is a *ServiceError, as with Invoke.
func (s *Session) Send(ctx context.Context, message csta.Message) error {
	answer, err := s.InvokeRaw(ctx, s.encode(message))
	if err != nil || len(answer) == 0 {
		return err
	}
	document, err := csta.Read(answer, csta.ReadOptions{})
	if err != nil {
		return fmt.Errorf("read the response to %s: %w", message.Element(), err)
	}
	if negative, ok := document.Message.(*csta.CSTAErrorCode); ok {
		return serviceError(message.Element(), negative)
	}
	return nil
}

// InvokeRaw sends a body in INFO and returns the body of its 200. An INFO whose
// connection ends before it is answered is sent again on the next one: a server
// that ends connections in good order answers what it has begun. Of one that crashes
// that is not known, and a service may be done twice.
func (s *Session) InvokeRaw(ctx context.Context, body []byte) ([]byte, error) {
	wait := firstReconnect
	for attempt := 0; ; attempt++ {
		response, err := s.inform(ctx, body)
		switch {
		case err != nil:
			return nil, err
		case attempt < resends && s.client.options.Transport != "udp" && sipstack.IsLocal(response) && response.StatusCode == 503 && s.pause(ctx, wait):
			wait *= 2
		case response.StatusCode >= 300:
			return nil, sipError("INFO", response)
		default:
			return response.Body(), nil
		}
	}
}

// inform sends one INFO and returns its final response.
func (s *Session) inform(ctx context.Context, body []byte) (*sipstack.Response, error) {
	final := make(chan *sipstack.Response, 1)
	transaction, err := s.dialog.Send(sipstack.RequestSpec{
		Method: "INFO", Headers: signalHeaders(), Body: body, ContentType: ContentType,
		OnResponse: func(response *sipstack.Response) {
			if response.StatusCode >= 200 {
				final <- response
			}
		},
	})
	if errors.Is(err, sipstack.ErrDialogGone) {
		return nil, ErrEnded
	}
	if err != nil {
		return nil, fmt.Errorf("send INFO: %w", err)
	}
	select {
	case response := <-final:
		return response, nil
	case <-s.ended:
		return nil, ErrEnded
	case <-ctx.Done():
		transaction.Terminate()
		return nil, fmt.Errorf("wait for the answer to INFO: %w", ctx.Err())
	}
}
