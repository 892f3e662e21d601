// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/offhook/softphone"
)

// Phone is `offhook phone`.
type Phone struct {
	Protocol    string        `help:"What the phone speaks: sip or skinny." enum:"sip,skinny" default:"sip"`
	IP          string        `name:"ip" help:"Local address for signalling and RTP." default:"127.0.0.1"`
	AnswerAfter time.Duration `help:"Answer every call by itself after this time; 0 never does."`

	Number       string `help:"The phone's number." group:"SIP"`
	Name         string `help:"Display name." group:"SIP"`
	Password     string `help:"Digest password; better in OFFHOOK_PHONE_PASSWORD or a file." env:"OFFHOOK_PHONE_PASSWORD" group:"SIP"`
	PasswordFile string `help:"File that holds the digest password." type:"existingfile" group:"SIP"`
	Registrar    string `help:"host:port of the server." default:"127.0.0.1:5060" group:"SIP"`
	Domain       string `help:"SIP domain of the target." default:"127.0.0.1" group:"SIP"`
	Transport    string `help:"SIP transport." enum:"udp,tcp" default:"udp" group:"SIP"`
	AutoAnswer   bool   `help:"Obey auto-answer headers, as desk phones do." default:"true" negatable:"" group:"SIP"`
	Remote       bool   `help:"Offer and obey NOTIFY talk and hold." default:"true" negatable:"" group:"SIP"`

	Skinny SkinnyPhone `embed:"" group:"Skinny"`
}

// Validate says what a phone of its protocol can't do without.
func (p *Phone) Validate() error {
	switch {
	case p.Protocol == "skinny" && p.Skinny.Device == "":
		return errors.New("a Skinny phone needs --device")
	case p.Protocol != "skinny" && p.Number == "":
		return errors.New("a SIP phone needs --number")
	}
	return nil
}

// buttons are a phone as a user at the console has it.
type buttons struct {
	run   func(context.Context) error
	press func(ctx context.Context, line string) error
	help  string
}

const phoneHelp = "type: dial NUMBER, answer, hold, resume, hangup, calls, quit"

// Run implements the command: the user's lines are the phone's buttons.
func (p *Phone) Run(env *Environment) error {
	var printing sync.Mutex
	say := func(text string) {
		printing.Lock()
		defer printing.Unlock()
		_, _ = fmt.Fprintln(env.Out, text)
	}
	build := p.sip
	if p.Protocol == "skinny" {
		build = p.skinny
	}
	phone, err := build(say)
	if err != nil {
		return err
	}
	ctx, quit := context.WithCancel(env.Context)
	defer quit()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return phone.run(ctx) })
	say(phone.help)
	lines := readLines(ctx, env.In)
	group.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case line, open := <-lines:
				if !open {
					lines = nil // standard input ended: the phone stays
					continue
				}
				if line == "quit" {
					quit()
					return nil
				}
				if err := phone.press(ctx, line); err != nil {
					say("! " + err.Error())
				}
			}
		}
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// sip makes a SIP phone.
func (p *Phone) sip(say func(string)) (buttons, error) {
	password, err := p.password()
	if err != nil {
		return buttons{}, err
	}
	phone, err := softphone.New(softphone.Settings{
		Number: p.Number, DisplayName: p.Name, Password: password, Domain: p.Domain, Registrar: p.Registrar,
		Transport: p.Transport, IP: p.IP, AnswerAfter: p.AnswerAfter, AutoAnswer: p.AutoAnswer, RemoteControl: p.Remote,
		Report: func(report softphone.Report) { say(stamp(report.Time, report)) },
	})
	if err != nil {
		return buttons{}, err
	}
	return buttons{
		run:   phone.Run,
		press: func(_ context.Context, line string) error { return press(phone, line, say) },
		help:  phoneHelp,
	}, nil
}

// stamp is a report with its time, as it is printed.
func stamp(at time.Time, report fmt.Stringer) string {
	return at.Format("15:04:05.000") + "  " + report.String()
}

func (p *Phone) password() (string, error) {
	if p.PasswordFile == "" {
		return p.Password, nil
	}
	return password(p.PasswordFile)
}

// readLines gives the lines of a reader until the context ends. Its goroutine
// ends with the reader, which for standard input is the process.
func readLines(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case lines <- strings.TrimSpace(scanner.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// press does what a button does.
func press(phone *softphone.Phone, line string, say func(string)) error {
	command, argument, _ := strings.Cut(line, " ")
	argument = strings.TrimSpace(argument)
	current := func(states ...softphone.State) (*softphone.Call, error) {
		for _, call := range phone.Calls() {
			for _, state := range states {
				if call.State() == state {
					return call, nil
				}
			}
		}
		return nil, softphone.ErrNoSuchCall
	}
	act := func(do func(*softphone.Call) error, states ...softphone.State) error {
		call, err := current(states...)
		if err != nil {
			return err
		}
		return do(call)
	}
	switch command {
	case "":
		return nil
	case "dial":
		if argument == "" {
			return errors.New("dial whom? type: dial NUMBER")
		}
		_, err := phone.Dial(argument)
		return err
	case "answer":
		return act((*softphone.Call).Answer, softphone.Ringing)
	case "hold":
		return act((*softphone.Call).Hold, softphone.Connected)
	case "resume":
		return act((*softphone.Call).Resume, softphone.Held)
	case "hangup":
		return act((*softphone.Call).Hangup, softphone.Connected, softphone.Held, softphone.Ringing, softphone.Dialing)
	case "calls":
		for _, call := range phone.Calls() {
			sent, received := call.RTP()
			say(fmt.Sprintf("%s %s, %d packets sent, %d received", call.Peer(), call.State(), sent, received))
		}
		return nil
	}
	return errors.New(phoneHelp)
}
