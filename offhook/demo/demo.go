// SPDX-License-Identifier: Apache-2.0

// Package demo shows a CSTA session live: three software phones register, and an
// application watches and controls them over SIP, step by step. It then keeps
// the phones up until its context ends. Everything goes the way a user's own
// phones and applications would go.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/csta"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

// stepTimeout bounds each step.
const stepTimeout = 15 * time.Second

// Options of the demonstration. The manifests are those of the quickstart.
type Options struct {
	// Server is host:port of the SIP listener (TCP and UDP).
	Server string
	// Admin, Metrics and Manifests are shown in the closing hints.
	Admin, Metrics, Manifests string
	Out                       io.Writer
}

// Names of the quickstart's manifests.
const (
	domain   = "127.0.0.1"
	alice    = "1001"
	bob      = "1002"
	carol    = "1005"
	user     = "alice"
	password = "alice-secret" // #nosec G101 -- the quickstart's sample
)

var names = map[string]string{alice: "Alice", bob: "Bob", carol: "Carol"}

type show struct {
	options  Options
	printing sync.Mutex
	// turn lets a response be printed before the events that follow it, as they
	// came.
	turn    sync.Mutex
	began   time.Time
	phones  map[string]*softphone.Phone
	reports chan softphone.Report
	session *cstaclient.Session
	// held and active are Alice's calls while she consults.
	held, active csta.ConnectionID
	events       chan cstaclient.Summary
	// printed is closed when the session's last event is printed.
	printed chan struct{}
}

// Run shows the demonstration, then stays until the context ends.
func Run(ctx context.Context, options Options) error {
	s := &show{
		options: options, began: time.Now(), phones: make(map[string]*softphone.Phone),
		reports: make(chan softphone.Report, 256), events: make(chan cstaclient.Summary, 256),
		printed: make(chan struct{}),
	}
	for number, name := range names {
		phone, err := s.phone(number, name)
		if err != nil {
			return err
		}
		s.phones[number] = phone
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, running := errgroup.WithContext(ctx)
	for _, phone := range s.phones {
		group.Go(func() error { return phone.Run(running) })
	}
	group.Go(func() error {
		if err := s.script(running); err != nil {
			return err
		}
		s.hints()
		<-running.Done()
		return nil
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (s *show) phone(number, name string) (*softphone.Phone, error) {
	return softphone.New(softphone.Settings{
		Number: number, DisplayName: name, Password: "pw" + number, Domain: domain, Registrar: s.options.Server,
		AutoAnswer: true, RemoteControl: true,
		Report: func(report softphone.Report) {
			s.line("☎ ", report.String())
			select {
			case s.reports <- report:
			default:
			}
		},
	})
}

// script is the story.
func (s *show) script(ctx context.Context) error {
	s.title("Three software phones register")
	for range s.phones {
		if err := s.awaitPhone(ctx, softphone.Registered); err != nil {
			return err
		}
	}
	client, err := cstaclient.New(ctx, cstaclient.Options{Server: s.options.Server, Product: "Offhook-demo"})
	if err != nil {
		return fmt.Errorf("start application: %w", err)
	}
	defer func() {
		_ = client.Close()
		if s.session != nil { // its events end with the client
			<-s.printed
		}
	}()
	steps := []struct {
		title string
		do    func(context.Context, *cstaclient.Client) error
	}{
		{"The application opens a CSTA session on Alice's line", s.open},
		{"Status and features", s.features},
		{"It monitors the lines", s.monitor},
		{"It makes a call: Alice's phone goes off hook by itself, Bob's rings", s.makeCall},
		{"It answers at Bob's phone", s.answer},
		{"RTP flows from phone to phone", s.talk},
		{"It puts Alice on hold: RTP stops", s.hold},
		{"It retrieves the call: RTP flows again", s.retrieve},
		{"It consults Carol: Bob waits, Alice talks to Carol", s.consult},
		{"It transfers Bob to Carol: Alice is out, RTP flows between the two", s.transfer},
		{"It takes a snapshot and clears the call", s.clear},
		{"It ends the session", s.end},
	}
	for _, step := range steps {
		s.title(step.title)
		limited, cancel := context.WithTimeout(ctx, stepTimeout)
		err := step.do(limited, client)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}
	return nil
}

func (s *show) awaitPhone(ctx context.Context, kind softphone.ReportKind) error {
	for {
		select {
		case report := <-s.reports:
			if report.Kind == kind {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("no phone reports %q: %w", kind, ctx.Err())
		}
	}
}

// awaitEvents waits for so many events of a name at the monitors.
func (s *show) awaitEvents(ctx context.Context, name string, count int) error {
	for count > 0 {
		select {
		case event, open := <-s.events:
			if !open {
				return fmt.Errorf("no %s event: %w", name, cstaclient.ErrEnded)
			}
			if event.Event == name {
				count--
			}
		case <-ctx.Done():
			return fmt.Errorf("no %s event: %w", name, ctx.Err())
		}
	}
	return nil
}

// ask prints a request, sends it, and prints its response.
func (s *show) ask(request string, invoke func() (response string, err error)) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.line("→", request)
	response, err := invoke()
	if err != nil {
		return err
	}
	s.line("←", response)
	return nil
}

func (s *show) title(text string) {
	s.printing.Lock()
	defer s.printing.Unlock()
	_, _ = fmt.Fprintf(s.options.Out, "\n── %s\n", text)
}

func (s *show) line(mark, text string) {
	s.printing.Lock()
	defer s.printing.Unlock()
	_, _ = fmt.Fprintf(s.options.Out, "%7.3f  %s %s\n", time.Since(s.began).Seconds(), mark, text)
}

func (s *show) hints() {
	s.printing.Lock()
	defer s.printing.Unlock()
	host, port, err := net.SplitHostPort(s.options.Server)
	if err != nil {
		host, port = s.options.Server, "5060"
	}
	_, _ = fmt.Fprintf(s.options.Out, `
── Offhook stays up. Try it yourself, in another terminal:

  export OFFHOOK_SERVER=%[1]s OFFHOOK_USER=%[2]s OFFHOOK_PASSWORD=%[3]s
  make build                                 # once, for bin/offhookctl
  bin/offhookctl monitor 1001                # watch a line
  bin/offhookctl call 1001 1002              # make Alice call Bob
  bin/offhookctl answer 1002                 # pick up at Bob's phone
  bin/offhookctl consult 1001 1005           # let Bob wait and call Carol
  bin/offhookctl transfer 1001               # connect Bob with Carol
  bin/offhookctl --admin %[4]s sessions

  A phone of yours: user 1003, password pw1003, registrar %[5]s port %[6]s (UDP or TCP).
  Another software phone: OFFHOOK_PHONE_PASSWORD=pw1003 bin/offhook phone --number 1003
  For phones in your network give --sip udp:0.0.0.0:5060 --sip tcp:0.0.0.0:5060 and
  --advertise ADDRESS:5060 to bin/offhook run, and add ADDRESS to spec.sip.domains in
  %[7]s/target.yaml: it is read again when it changes.
  Metrics: http://%[8]s/metrics

  Ctrl-C ends everything.
`, s.options.Server, user, password, s.options.Admin, host, port, s.options.Manifests, s.options.Metrics)
}
