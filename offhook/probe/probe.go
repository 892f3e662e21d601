// SPDX-License-Identifier: Apache-2.0

package probe

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

// stepTimeout bounds a step that needs nobody's configuration.
const stepTimeout = 15 * time.Second

// Phone is the account of a software phone.
type Phone struct {
	Number, Username, Password string
}

// Options of a probe. All but Media and Out are required.
type Options struct {
	// Server is host:port of the SIP listener; Transport is what the application
	// uses, PhoneTransport what the phones use: udp or tcp.
	Server, Transport, PhoneTransport string
	// Domain of the target.
	Domain string
	// Phones are the calling and the called one.
	Phones [2]Phone
	// User and Password of the application, who may monitor and control both
	// lines.
	User, Password string
	// Media waits for RTP from phone to phone.
	Media bool
	Out   io.Writer
}

// StepError is a step that failed, and what to look at next.
type StepError struct {
	Step, Next string
	Err        error
}

// Error says the step and the fault.
func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }

// Unwrap gives the fault.
func (e *StepError) Unwrap() error { return e.Err }

type probe struct {
	options  Options
	began    time.Time
	printing sync.Mutex
	phones   [2]*telephone
	client   *cstaclient.Client
	session  *cstaclient.Session
	events   *events
	call     csta.ConnectionID
}

// Run does all steps, each of which it prints, until the first that fails: a
// *StepError. It takes as long as the context lets it, waits for phones and user
// to be known meanwhile, and leaves no call, session or registration behind.
func Run(ctx context.Context, options Options) error {
	p := &probe{options: options, began: time.Now()}
	server, local, err := resolve(ctx, options.Server)
	if err != nil {
		return &StepError{"find " + options.Server, "check the address and the name service", err}
	}
	p.options.Server = server
	for i, account := range options.Phones {
		if p.phones[i], err = p.newPhone(account, local); err != nil {
			return &StepError{"make phone " + account.Number, "check the number and the address", err}
		}
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, phones := errgroup.WithContext(running)
	for _, phone := range p.phones {
		group.Go(func() error { return phone.Run(phones) })
	}
	failed := p.steps(ctx)
	failed = errors.Join(failed, p.leave(context.WithoutCancel(ctx)))
	stop() // the phones take their registrations back
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		failed = errors.Join(failed, fmt.Errorf("run phones: %w", err))
	}
	return failed
}

func (p *probe) steps(ctx context.Context) error {
	caller, called := p.options.Phones[0].Number, p.options.Phones[1].Number
	for _, step := range []struct {
		title, next string
		// patient: configuration may be on its way; else the step is quick.
		patient bool
		do      func(context.Context) error
	}{
		{"phones " + caller + " and " + called + " register", "check the phones' passwords, the domain, and the target's conditions", true, p.register},
		{"the application opens a CSTA session", "check the user, its password, and its rights on line " + caller, true, p.open},
		{"it monitors both lines", "check the user's rights", true, p.monitor},
		{"it makes a call from " + caller + " to " + called, "look at the log of phone-control", false, p.makeCall},
		{called + " answers", "look at the log of phone-control", false, p.answer},
		{"the phones hear each other", "check the network between phones, or leave media out", false, p.talk},
		{"the call is held and taken back", "look at the log of phone-control", false, p.hold},
		{"the call is cleared", "look at the log of phone-control", false, p.clear},
		{"every event came once and in order", "look at the logs of monitor and sip-edge", false, p.complete},
	} {
		if !p.options.Media && step.title == "the phones hear each other" {
			continue
		}
		limited, cancel := ctx, context.CancelFunc(func() {})
		if !step.patient {
			limited, cancel = context.WithTimeout(ctx, stepTimeout)
		}
		err := step.do(limited)
		cancel()
		if err != nil {
			return &StepError{step.title, step.next, err}
		}
		p.print(step.title)
	}
	return nil
}

// leave ends the session and the application's endpoint.
func (p *probe) leave(ctx context.Context) error {
	if p.client == nil {
		return nil
	}
	var failed []error
	if p.session != nil {
		ctx, cancel := context.WithTimeout(ctx, stepTimeout)
		defer cancel()
		if err := p.session.Close(ctx); err != nil && !errors.Is(err, cstaclient.ErrEnded) {
			failed = append(failed, fmt.Errorf("end session: %w", err))
		}
	}
	failed = append(failed, p.client.Close())
	if p.events != nil {
		<-p.events.done
	}
	return errors.Join(failed...)
}

func (p *probe) print(text string) {
	if p.options.Out == nil {
		return
	}
	p.printing.Lock()
	defer p.printing.Unlock()
	_, _ = fmt.Fprintf(p.options.Out, "%7.3f  ok  %s\n", time.Since(p.began).Seconds(), text)
}

// resolve gives the server's address, and the local one that reaches it.
func resolve(ctx context.Context, server string) (address, local string, err error) {
	connection, err := new(net.Dialer).DialContext(ctx, "udp", server) // sends nothing
	if err != nil {
		return "", "", fmt.Errorf("find the way: %w", err)
	}
	defer func() { _ = connection.Close() }()
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	if err != nil {
		return "", "", fmt.Errorf("find the way: %w", err)
	}
	return connection.RemoteAddr().String(), host, nil
}

// telephone is a software phone that remembers how its registration goes.
type telephone struct {
	*softphone.Phone
	mutex      sync.Mutex
	refusal    string
	once       sync.Once
	registered chan struct{}
}

func (p *probe) newPhone(account Phone, local string) (*telephone, error) {
	phone := &telephone{registered: make(chan struct{})}
	made, err := softphone.New(softphone.Settings{
		Number: account.Number, Username: account.Username, Password: account.Password, DisplayName: "probe",
		Domain: p.options.Domain, Registrar: p.options.Server, Transport: p.options.PhoneTransport, IP: local,
		AutoAnswer: true, RemoteControl: true, Report: phone.report,
	})
	if err != nil {
		return nil, fmt.Errorf("make phone: %w", err)
	}
	phone.Phone = made
	return phone, nil
}

func (t *telephone) report(report softphone.Report) {
	switch report.Kind {
	case softphone.Registered:
		t.once.Do(func() { close(t.registered) })
	case softphone.RegistrationFailed:
		t.mutex.Lock()
		t.refusal = report.Detail
		t.mutex.Unlock()
	default:
	}
}

// await returns when the phone is registered, else with the last refusal.
func (t *telephone) await(ctx context.Context) error {
	select {
	case <-t.registered:
		return nil
	case <-ctx.Done():
		t.mutex.Lock()
		defer t.mutex.Unlock()
		if t.refusal != "" {
			return errors.New(t.refusal)
		}
		return fmt.Errorf("no answer to REGISTER %s: %w", t.Number(), ctx.Err())
	}
}
