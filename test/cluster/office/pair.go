// SPDX-License-Identifier: Apache-2.0

package office

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

// pair is two lines, each with a phone and its sessions, and the call between
// them.
type pair struct {
	office *Office
	index  int
	lines  [2]*line
	// held and services count what was done, and is expected of the events.
	services, holds, retrieves int
}

// line is a line with its phone and the sessions that monitor it.
type line struct {
	number   string
	phone    *softphone.Phone
	sessions []*session
	// registered is told each registration that follows an unregistered time.
	registered chan struct{}
	ended      chan string
}

func newPair(o *Office, index int) *pair {
	p := &pair{office: o, index: index}
	for i := range p.lines {
		p.lines[i] = &line{number: number(2*index + i), registered: make(chan struct{}, 1), ended: make(chan string, 8)}
	}
	return p
}

func (p *pair) sessions() []*session { return slices.Concat(p.lines[0].sessions, p.lines[1].sessions) }

// begin registers the phones, monitors the lines and makes the call.
func (p *pair) begin(ctx, phones context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	options := p.office.options
	for i, l := range p.lines {
		var err error
		l.phone, err = softphone.New(softphone.Settings{
			Number: l.number, Password: phonePassword(l.number), Domain: options.Domain, Registrar: options.Server,
			Transport: transport(p.index + i), IP: options.LocalIP, Expires: time.Minute,
			AutoAnswer: true, RemoteControl: true, AnswerAfter: time.Millisecond, Report: l.report,
		})
		if err != nil {
			return err
		}
		p.office.phones.Go(func() error { return l.phone.Run(phones) })
		select {
		case <-l.registered:
		case <-ctx.Done():
			return fmt.Errorf("phone %s is not registered: %w", l.number, ctx.Err())
		}
		for range options.SessionsPerLine {
			s, err := p.office.open(ctx, 2*p.index*options.SessionsPerLine+len(p.sessions()), l.number)
			if err != nil {
				return err
			}
			l.sessions = append(l.sessions, s)
		}
	}
	calling, called := p.lines[0], p.lines[1]
	if _, err := calling.sessions[0].MakeCall(ctx, calling.number, called.number, false); err != nil {
		return fmt.Errorf("call from %s to %s: %w (%v)", calling.number, called.number, err, calling.sessions[0].Cause())
	}
	for _, s := range p.sessions() {
		if _, err := s.awaitEvents(ctx, len(p.beginning(s.line))); err != nil {
			return err
		}
	}
	return nil
}

func (l *line) report(report softphone.Report) {
	switch report.Kind {
	case softphone.Registered:
		select {
		case l.registered <- struct{}{}:
		default:
		}
	case softphone.CallEnded:
		select {
		case l.ended <- report.Detail:
		default:
		}
	default:
	}
}

// beginning are the events of a line when the call is made.
func (p *pair) beginning(line string) []string {
	calling, called := p.lines[0].number, p.lines[1].number
	if line == calling {
		return []string{"ServiceInitiated " + calling, "Originated " + calling, "Delivered " + called, "Established " + called}
	}
	return []string{"Delivered " + called, "Established " + called}
}

// work holds and retrieves the call in turn until the context ends; enough ends
// it too. The call is not on hold at the end.
func (p *pair) work(ctx context.Context, enough <-chan struct{}) error {
	pause := time.NewTimer(p.office.options.Pause * time.Duration(p.index+1) / time.Duration(len(p.office.pairs)))
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-enough:
			return nil
		case <-pause.C:
		}
		for _, step := range []struct {
			name string
			do   func(context.Context, *session) error
			done *int
		}{
			{"hold", func(ctx context.Context, s *session) error {
				return s.HoldCall(ctx, cstaclient.Connection(s.callID(), p.lines[0].number))
			}, &p.holds},
			{"retrieve", func(ctx context.Context, s *session) error {
				return s.RetrieveCall(ctx, cstaclient.Connection(s.callID(), p.lines[0].number))
			}, &p.retrieves},
		} {
			// The sessions take turns, so that each one's requests go through what
			// is being done to the server.
			s := p.lines[0].sessions[p.services/2%len(p.lines[0].sessions)]
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			err := step.do(bounded, s)
			cancel()
			if err != nil {
				return fmt.Errorf("%s by %s: %w", step.name, s.name, err)
			}
			p.services++
			*step.done++
		}
		pause.Reset(p.office.options.Pause)
	}
}

// verify clears the call and checks what all saw of it.
func (p *pair) verify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, l := range p.lines {
		calls := l.phone.Calls()
		if len(calls) != 1 || calls[0].State() != softphone.Connected {
			var why string
			select {
			case why = <-l.ended:
			default:
			}
			return fmt.Errorf("phone %s has lost its call: %s", l.number, why)
		}
	}
	s := p.lines[1].sessions[0]
	if err := s.ClearConnection(ctx, cstaclient.Connection(s.callID(), p.lines[1].number)); err != nil {
		return fmt.Errorf("clear by %s: %w", s.name, err)
	}
	calling, called := p.lines[0].number, p.lines[1].number
	for _, s := range p.sessions() {
		want := p.beginning(s.line)
		for i := range p.holds {
			want = append(want, "Held "+calling)
			if i < p.retrieves {
				want = append(want, "Retrieved "+calling)
			}
		}
		want = append(want, "ConnectionCleared "+called)
		if s.line == calling {
			want = append(want, "ConnectionCleared "+calling)
		}
		got, err := s.awaitEvents(ctx, len(want))
		if err != nil {
			return fmt.Errorf("%w; %s", err, firstDifference(got, want))
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("events of %s: %s", s.name, firstDifference(got, want))
		}
	}
	return nil
}

// firstDifference tells where the events leave what is expected.
func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("event %d of %d is %s, want %s", i+1, len(want), got[i], want[i])
		}
	}
	return fmt.Sprintf("%d events, want %d", len(got), len(want))
}
