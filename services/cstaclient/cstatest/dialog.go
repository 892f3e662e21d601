// SPDX-License-Identifier: Apache-2.0

package cstatest

import (
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/sipstack"
)

// HandleStray implements sipstack.Handler.
func (*Server) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

// HandleDialogRequest implements sipstack.DialogHandler.
func (s *Server) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	request := tx.Request()
	switch request.Method {
	case "INFO":
		status, answer := 200, csta.Message(csta.NewError(csta.OperationServiceNotSupported))
		if s.options.Invoke != nil {
			status, answer = s.options.Invoke(read(request.Body()))
		}
		if status != 0 {
			respond(tx, status, answer)
		}
	case "INVITE":
		s.Refreshes <- read(request.Body())
		respond(tx, 200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal})
	default:
		_ = tx.Respond(200, "")
	}
}

// HandleAck implements sipstack.DialogHandler.
func (*Server) HandleAck(*sipstack.Dialog, *sipstack.Request) {}

// HandleDialogEnd implements sipstack.DialogHandler.
func (s *Server) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd) {
	select {
	case s.Ended <- cause:
	default:
	}
}

// Send sends a message in a session; Answers has its answer.
func (s *Server) Send(t testing.TB, dialog *sipstack.Dialog, message csta.Message) {
	t.Helper()
	s.SendBody(t, dialog, write(message), contentType, nil)
}

// SendBody sends a body in a session. status, where set, is given the answer's
// SIP status in place of Answers.
func (s *Server) SendBody(t testing.TB, dialog *sipstack.Dialog, body []byte, mediaType string, status chan<- int) {
	t.Helper()
	if _, err := dialog.Send(sipstack.RequestSpec{
		Method: "INFO", Body: body, ContentType: mediaType, KeepOnTimeout: true,
		OnResponse: func(response *sipstack.Response) {
			switch {
			case response.StatusCode < 200:
			case status != nil:
				status <- response.StatusCode
			default:
				select {
				case s.Answers <- response.Body():
				default:
				}
			}
		},
	}); err != nil {
		t.Fatal(err)
	}
}

// Dialog waits for the next session.
func (s *Server) Dialog(t testing.TB) *sipstack.Dialog {
	t.Helper()
	select {
	case dialog := <-s.Dialogs:
		return dialog
	case <-time.After(10 * time.Second):
		t.Fatal("no session was opened")
		return nil
	}
}

func respond(tx *sipstack.ServerTx, status int, answer csta.Message) {
	if answer == nil {
		_ = tx.Respond(status, "")
		return
	}
	_ = tx.Respond(status, "", sipstack.WithBody(write(answer), contentType))
}

func write(message csta.Message) []byte { return csta.Append(nil, message, csta.DefaultEdition) }

// read gives nil for a body that is no CSTA.
func read(body []byte) csta.Message {
	document, err := csta.Read(body, csta.ReadOptions{})
	if err != nil {
		return nil
	}
	return document.Message
}
