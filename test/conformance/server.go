// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offhook.dev/csta"
)

// defaultPatience bounds one wait for an answer or event.
const defaultPatience = 10 * time.Second

// Server is what is checked.
type Server struct {
	// Address is host:port; Transport "tcp" (default) or "udp".
	Address, Transport string
	// Domain of the addresses in From and To; the host of Address where empty.
	Domain         string
	User, Password string
	// Lines that the user may monitor and control, with phones that are idle: two
	// at least, three for consultation and what follows, four for all.
	Lines []string
	// Edition of ECMA-323 to speak; ed3 where zero.
	Edition csta.Edition
	// Phones acts at the phones of the lines; nil: calls are answered by
	// AnswerCall, or by phones that answer by themselves.
	Phones Phones
	// Patience bounds one wait for an answer or event; 10 s where zero.
	Patience time.Duration
}

// Phones is what people do at phones. The error tells why it can't be done.
type Phones interface {
	// PickUp answers the call that rings at a line.
	PickUp(ctx context.Context, line string) error
	// Decline refuses it.
	Decline(ctx context.Context, line string) error
}

// errServer is a Server that can't be checked.
var errServer = errors.New("conformance: incomplete server")

func (s *Server) complete() error {
	switch {
	case s.Address == "":
		return fmt.Errorf("%w: no address", errServer)
	case s.User == "":
		return fmt.Errorf("%w: no user", errServer)
	case len(s.Lines) < 2:
		return fmt.Errorf("%w: %d lines, want two at least", errServer, len(s.Lines))
	}
	if s.Patience == 0 {
		s.Patience = defaultPatience
	}
	if s.Edition == 0 {
		s.Edition = csta.DefaultEdition
	}
	return nil
}
