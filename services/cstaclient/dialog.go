// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"fmt"
	"net"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/sipstack"
)

var (
	_ sipstack.DialogHandler  = (*Session)(nil)
	_ sipstack.RefreshHandler = (*Session)(nil)
)

// HandleDialogRequest implements sipstack.DialogHandler.
func (s *Session) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	switch tx.Request().Method {
	case "INFO":
		s.informed(tx)
	case "BYE", "UPDATE":
		_ = tx.Respond(200, "")
	case "OPTIONS":
		_ = tx.RespondOptions([]sipstack.RequestMethod{"INFO", "BYE", "UPDATE", "OPTIONS"}, []string{ContentType}, []string{"timer"})
	case "INVITE":
		_ = tx.Respond(200, "", sipstack.WithBody(s.systemStatusAnswer(), ContentType), sipstack.WithHeader(signalHeaders()...))
	default:
		_ = tx.RejectMethod("INFO", "BYE", "UPDATE", "OPTIONS")
	}
}

// informed takes what the server sends: events, and its own requests.
func (s *Session) informed(tx *sipstack.ServerTx) {
	if len(tx.Request().Body()) == 0 {
		_ = tx.Respond(200, "")
		return
	}
	if sipstack.MediaType(tx.Request()) != ContentType {
		_ = tx.RejectContentType(ContentType)
		return
	}
	document, err := csta.Read(tx.Request().Body(), csta.ReadOptions{})
	if err != nil {
		_ = tx.Respond(400, "Unreadable CSTA body")
		return
	}
	switch message := document.Message.(type) {
	case csta.Event:
		_ = tx.Respond(200, "")
		s.queue(message)
	case *csta.SystemStatus:
		s.answer(tx, &csta.SystemStatusResponse{})
		s.keep(message)
	case *csta.RequestSystemStatus:
		s.answer(tx, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal})
		s.keep(message)
	case *csta.MonitorStop:
		s.answer(tx, &csta.MonitorStopResponse{})
		s.keep(message)
	default:
		if message.Kind() != csta.KindReport {
			s.answer(tx, csta.NewError(csta.OperationServiceNotSupported))
			return
		}
		_ = tx.Respond(200, "")
		s.keep(message)
	}
}

// keep queues what is no event for Messages.
func (s *Session) keep(message csta.Message) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return
	}
	select {
	case s.messages <- message:
	default: // the application does not need them
	}
}

// queue hands an event to the application.
func (s *Session) queue(event csta.Event) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return
	}
	select {
	case s.events <- event:
	default: // the application does not read
		s.lost.Add(1)
	}
}

func (s *Session) answer(tx *sipstack.ServerTx, message csta.Message) {
	_ = tx.Respond(200, "", sipstack.WithBody(s.encode(message), ContentType), sipstack.WithHeader(signalHeaders()...))
}

// HandleAck implements sipstack.DialogHandler.
func (s *Session) HandleAck(*sipstack.Dialog, *sipstack.Request) {}

// HandleDialogEnd implements sipstack.DialogHandler.
func (s *Session) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return
	}
	s.client.remove(s)
	s.closed, s.cause = true, cause
	close(s.ended)
	close(s.events)
	close(s.messages)
}

// HandleRefresh implements sipstack.RefreshHandler: a refresh repeats
// RequestSystemStatus (TR/87).
func (s *Session) HandleRefresh(*sipstack.Dialog) sipstack.RequestSpec {
	return sipstack.RequestSpec{Method: "INVITE", Headers: signalHeaders(), Body: s.encode(&csta.RequestSystemStatus{}), ContentType: ContentType}
}

func (s *Session) systemStatusAnswer() []byte {
	return s.encode(&csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal})
}

func (s *Session) checkStatus(body []byte) error {
	document, err := csta.Read(body, csta.ReadOptions{})
	if err != nil {
		return fmt.Errorf("open session: read the system status: %w", err)
	}
	switch answer := document.Message.(type) {
	case *csta.RequestSystemStatusResponse:
		if answer.SystemStatus != csta.SystemStatusNormal {
			return fmt.Errorf("open session: %w: it is %s", ErrNotNormal, answer.SystemStatus)
		}
		return nil
	case *csta.CSTAErrorCode:
		return serviceError("RequestSystemStatus", answer)
	default:
		return fmt.Errorf("open session: the server answered %s", answer.Element())
	}
}

func (s *Session) encode(message csta.Message) []byte {
	return csta.Append(nil, message, s.options.Edition)
}

func (s *Session) parties() (from, to sipstack.NameAddr, err error) {
	domain := s.options.Domain
	if domain == "" {
		host, _, err := net.SplitHostPort(s.client.options.Server)
		if err != nil {
			return from, to, fmt.Errorf("server address: %w", err)
		}
		domain = host
		if strings.Contains(host, ":") {
			domain = "[" + host + "]"
		}
	}
	if from.URI, err = sipstack.ParseURI("sip:" + s.options.User + "@" + domain); err != nil {
		return from, to, fmt.Errorf("user %q: %w", s.options.User, err)
	}
	line := s.options.Line
	if !strings.HasPrefix(line, "sip:") && !strings.HasPrefix(line, "tel:") {
		line = "sip:" + line + "@" + domain
	}
	if to.URI, err = sipstack.ParseURI(line); err != nil {
		return from, to, fmt.Errorf("line %q: %w", s.options.Line, err)
	}
	return from, to, nil
}

func signalHeaders() []sipstack.Header {
	return []sipstack.Header{sipstack.NewHeader("Content-Disposition", "signal;handling=required")}
}
