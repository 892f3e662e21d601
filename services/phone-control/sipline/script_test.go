// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// script stands in for the call model: the test gives the commands and reads
// the indications.
type script struct {
	t           *testing.T
	server      string
	driver      *Driver
	work        chan func()
	indications chan callmodel.Input
	// reactions are the commands that follow an indication in the same turn, as
	// the model's do; due are those that wait for the turn's end.
	reactions map[string][]callmodel.Command
	due       []callmodel.Command
	// leaving: the target goes to another replica.
	leaving atomic.Bool
}

// script implements Loop.
func (s *script) Indicate(input callmodel.Input) {
	s.due = append(s.due, s.reactions[indicationText(input)]...)
	s.indications <- input
}
func (s *script) New(work func()) bool     { s.work <- work; return true }
func (s *script) Further(work func()) bool { s.work <- work; return true }
func (s *script) Due(work func())          { s.work <- work }
func (s *script) Leaving() bool            { return s.leaving.Load() }
func (s *script) After(wait time.Duration, work func()) (stop func()) {
	timer := time.AfterFunc(wait, func() { s.work <- work })
	return func() { timer.Stop() }
}

func newScript(t *testing.T) *script {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Product: "Offhook"})
	if err != nil {
		t.Fatal(err)
	}
	source := targetconfig.NewStatic(testTarget(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO))
	gateway := NewGateway(source)
	endpoint.SetHandler(gateway)
	address, err := endpoint.Listen("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := endpoint.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, server: address.String(), work: make(chan func(), 1024), indications: make(chan callmodel.Input, 1024), reactions: make(map[string][]callmodel.Command)}
	s.driver = New(Options{
		Target: "cme", Source: source, Endpoint: endpoint, Gateway: gateway,
		Auth: digestauth.New(digestauth.Config{}), Logger: slog.New(slog.DiscardHandler),
		Store: &memoryStore{records: map[string]*statev1.RegistrationRecord{}},
	}, s)
	running := make(chan struct{})
	s.driver.started = func() { close(running) }
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = endpoint.Run(ctx) })
	group.Go(func() { _ = s.driver.Run(ctx) })
	group.Go(func() {
		for {
			select {
			case work := <-s.work:
				work()
				for len(s.due) > 0 {
					due := s.due
					s.due = nil
					for _, command := range due {
						s.driver.Execute(command)
					}
				}
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	receive(t, running, "running driver")
	return s
}

// on has the driver given commands with the indication.
func (s *script) on(indication string, commands ...callmodel.Command) {
	s.t.Helper()
	s.work <- func() { s.reactions[indication] = commands }
}

// do gives the driver the commands of one step.
func (s *script) do(commands ...callmodel.Command) {
	s.t.Helper()
	done := make(chan struct{})
	s.work <- func() {
		for _, command := range commands {
			s.driver.Execute(command)
		}
		close(done)
	}
	receive(s.t, done, "obedience")
}

// together is what puts two legs with each other.
func together(a, b callmodel.LegID) []callmodel.Command {
	return []callmodel.Command{with(a, b), with(b, a)}
}

func with(leg, far callmodel.LegID) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: callmodel.WithLeg, Leg: far}}
}

func mediaOf(leg callmodel.LegID, kind callmodel.MediaKind) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: kind}}
}

// want waits for indications in any order, each as text.
func (s *script) want(wanted ...string) {
	s.t.Helper()
	missing := make(map[string]int)
	for _, text := range wanted {
		missing[text]++
	}
	for range wanted {
		got := indicationText(receive(s.t, s.indications, strings.Join(wanted, ", ")))
		if missing[got] == 0 {
			s.t.Fatalf("indication %q, want of %q", got, wanted)
		}
		missing[got]--
	}
}

// quiet checks that nothing is indicated any more, once the driver has done its
// work.
func (s *script) quiet() {
	s.t.Helper()
	s.do()
	select {
	case input := <-s.indications:
		s.t.Errorf("unexpected indication %q", indicationText(input))
	default:
	}
}

func indicationText(input callmodel.Input) string {
	switch i := input.(type) {
	case callmodel.Dialled:
		return fmt.Sprintf("Dialled %d %s %s", i.Dialled, i.From, i.Number)
	case callmodel.LegEnded:
		return fmt.Sprintf("LegEnded %d %s", i.Leg, i.Cause)
	case callmodel.LegRedirects:
		return fmt.Sprintf("LegRedirects %d %s", i.Leg, i.To)
	case callmodel.CommandFailed:
		return fmt.Sprintf("CommandFailed %d %s", i.Leg, i.Error.Value)
	case callmodel.ServiceChanged:
		return fmt.Sprintf("ServiceChanged %s %t", i.Device, i.InService)
	}
	text := strings.TrimPrefix(fmt.Sprintf("%T %v", input, input), "callmodel.")
	return strings.NewReplacer("{", "", "}", "").Replace(text)
}

// phones registers one phone for each number.
func (s *script) phones(numbers ...string) []*phone {
	s.t.Helper()
	var phones []*phone
	for i, number := range numbers {
		p := newPhone(s.t, number, s.server, 4001+i)
		if code := p.register(600); code != 200 {
			s.t.Fatalf("REGISTER of %s was answered %d", number, code)
		}
		s.want("ServiceChanged " + number + " true")
		phones = append(phones, p)
	}
	return phones
}

// connected is a call dialled by hand, of legs 1 and 2.
func (s *script) connected(from, to *phone) {
	s.t.Helper()
	call := from.dial(to.number, from.sdp("sendrecv"))
	s.want("Dialled 1 " + from.number + " " + to.number)
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, callmodel.Ring{
		Leg: 2, Line: callmodel.DeviceID(to.number), Caller: 1, Shown: callmodel.Party{Number: callmodel.DeviceID(from.number)},
	}, mediaOf(1, callmodel.Ringback))
	tx := to.invited()
	to.ring(tx)
	call.until(s.t, 180)
	s.want("LegRinging 2")
	s.on("LegAnswered 2", together(1, 2)...)
	to.pickUp(tx, to.sdp("sendrecv"))
	call.until(s.t, 200)
	_ = call.dialog.Ack(nil, "")
	s.want("LegAnswered 2", "MediaSet 1", "MediaSet 2")
	to.acked()
}

// consulted rings a third phone from leg 1, whose other call is held, and has it
// picked up as the given leg.
func (s *script) consulted(from, held, to *phone, leg callmodel.LegID) {
	s.t.Helper()
	s.do(mediaOf(1, callmodel.Ringback), mediaOf(2, callmodel.HeldByOther), callmodel.Ring{
		Leg: leg, Line: callmodel.DeviceID(to.number), Caller: 1, Shown: callmodel.Party{Number: callmodel.DeviceID(from.number)},
	})
	from.reinvited("inactive", "inactive")
	from.acked()
	held.reinvited("inactive", "inactive")
	held.acked()
	tx := to.invited()
	if len(tx.Request().Body()) > 0 {
		s.t.Errorf("the consulted phone was offered %s", tx.Request().Body())
	}
	to.ring(tx)
	s.want("MediaSet 1", "MediaSet 2", fmt.Sprintf("LegRinging %d", leg))
	answered := fmt.Sprintf("LegAnswered %d", leg)
	s.on(answered, together(1, leg)...)
	to.pickUp(tx, to.sdp("sendrecv"))
	from.reinvited("sendrecv", "sendrecv")
	from.acked()
	if got := to.acked(); got != "sendrecv" {
		s.t.Errorf("the consulted phone's ACK answers %q", got)
	}
	s.want(answered, "MediaSet 1", fmt.Sprintf("MediaSet %d", leg))
}
