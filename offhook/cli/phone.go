// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/offhook/softphone"
)

// Phone is `offhook phone`.
type Phone struct {
	Number       string        `help:"The phone's number." required:""`
	Name         string        `help:"Display name."`
	Password     string        `help:"Digest password; better in OFFHOOK_PHONE_PASSWORD or a file." env:"OFFHOOK_PHONE_PASSWORD"`
	PasswordFile string        `help:"File that holds the digest password." type:"existingfile"`
	Registrar    string        `help:"host:port of the server." default:"127.0.0.1:5060"`
	Domain       string        `help:"SIP domain of the target." default:"127.0.0.1"`
	Transport    string        `help:"SIP transport." enum:"udp,tcp" default:"udp"`
	IP           string        `name:"ip" help:"Local address for SIP and RTP." default:"127.0.0.1"`
	AnswerAfter  time.Duration `help:"Answer every call by itself after this time; 0 never does."`
	AutoAnswer   bool          `help:"Obey auto-answer headers, as desk phones do." default:"true" negatable:""`
	Remote       bool          `help:"Offer and obey NOTIFY talk and hold." default:"true" negatable:""`
}

const phoneHelp = "type: dial NUMBER, answer, hold, resume, hangup, calls, quit"

// Run implements the command: the user's lines are the phone's buttons.
func (p *Phone) Run(env *Environment) error {
	password, err := p.password()
	if err != nil {
		return err
	}
	var printing sync.Mutex
	say := func(text string) {
		printing.Lock()
		defer printing.Unlock()
		_, _ = fmt.Fprintln(env.Out, text)
	}
	phone, err := softphone.New(softphone.Settings{
		Number: p.Number, DisplayName: p.Name, Password: password, Domain: p.Domain, Registrar: p.Registrar,
		Transport: p.Transport, IP: p.IP, AnswerAfter: p.AnswerAfter, AutoAnswer: p.AutoAnswer, RemoteControl: p.Remote,
		Report: func(report softphone.Report) { say(report.Time.Format("15:04:05.000") + "  " + report.String()) },
	})
	if err != nil {
		return err
	}
	ctx, quit := context.WithCancel(env.Context)
	defer quit()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return phone.Run(ctx) })
	say(phoneHelp)
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
				if err := press(phone, line, say); err != nil {
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

func (p *Phone) password() (string, error) {
	if p.PasswordFile == "" {
		return p.Password, nil
	}
	text, err := os.ReadFile(p.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
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
