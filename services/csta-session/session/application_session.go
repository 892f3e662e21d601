// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"offhook.dev/csta"
)

// On SIP the dialog is the application session, so that ECMA-354 messages,
// which some applications send all the same, change nothing: they are answered
// with what holds already.

func startApplicationSession(_ context.Context, s *Server, c *call, _ csta.Message) (csta.Message, error) {
	edition := c.edition()
	if edition == csta.EditionNone {
		edition = csta.DefaultEdition
	}
	return &csta.StartApplicationSessionPosResponse{
		SessionID:             c.session.GetSessionId(),
		ActualProtocolVersion: edition.Namespace(),
		ActualSessionDuration: s.remainingSeconds(c),
	}, nil
}

func resetApplicationSessionTimer(_ context.Context, s *Server, c *call, _ csta.Message) (csta.Message, error) {
	return &csta.ResetApplicationSessionTimerPosResponse{ActualSessionDuration: s.remainingSeconds(c)}, nil
}

func stopApplicationSession(context.Context, *Server, *call, csta.Message) (csta.Message, error) {
	return &csta.StopApplicationSessionPosResponse{}, nil
}

// remainingSeconds is how long the dialog lives unless it is refreshed.
func (s *Server) remainingSeconds(c *call) int {
	remaining := c.session.GetExpires().AsTime().Sub(s.options.Now())
	return int(seconds(max(remaining, 0)))
}
