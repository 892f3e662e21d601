// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"offhook.dev/offhook/probe"
)

// Probe is `offhook probe`.
type Probe struct {
	Server         string        `help:"Where applications and phones reach the installation, as TRANSPORT:HOST:PORT; the application uses the transport, udp or tcp." required:"" placeholder:"tcp:HOST:5060"`
	PhoneTransport string        `help:"SIP transport of the phones." enum:"udp,tcp" default:"udp"`
	Domain         string        `help:"SIP domain of the target." required:""`
	Phones         []string      `name:"phone" help:"A phone's account, twice: the caller's, then the called one's. The file holds the password." required:"" sep:"none" placeholder:"NUMBER:USER:PASSWORDFILE"`
	User           string        `help:"The application's user, who may monitor and control both lines." required:""`
	PasswordFile   string        `help:"File that holds the user's password." required:"" type:"existingfile"`
	Media          bool          `help:"Wait for audio from phone to phone." default:"true" negatable:""`
	Timeout        time.Duration `help:"How long all may take; until then it waits for phones and user to be known." default:"60s"`
}

// Run implements the command.
func (p *Probe) Run(env *Environment) error {
	options, err := p.options(env)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(env.Context, p.Timeout)
	defer cancel()
	err = probe.Run(ctx, options)
	if failed := (*probe.StepError)(nil); errors.As(err, &failed) {
		_, _ = fmt.Fprintf(env.Out, "failed: %s\nnext: %s\n", failed, failed.Next)
	}
	return err //nolint:wrapcheck // it names the step
}

func (p *Probe) options(env *Environment) (probe.Options, error) {
	options := probe.Options{
		PhoneTransport: p.PhoneTransport, Domain: p.Domain, User: p.User, Media: p.Media, Out: env.Out,
	}
	var named bool
	options.Transport, options.Server, named = strings.Cut(p.Server, ":")
	if !named || options.Transport != "udp" && options.Transport != "tcp" {
		return options, fmt.Errorf("--server: write %q as tcp:HOST:PORT or udp:HOST:PORT", p.Server)
	}
	if len(p.Phones) != len(options.Phones) {
		return options, fmt.Errorf("--phone: give two phones, the caller's and the called one's; there are %d", len(p.Phones))
	}
	for i, text := range p.Phones {
		account := strings.SplitN(text, ":", 3)
		if len(account) != 3 || account[0] == "" {
			return options, fmt.Errorf("--phone: write %q as NUMBER:USER:PASSWORDFILE", text)
		}
		password, err := password(account[2])
		if err != nil {
			return options, err
		}
		options.Phones[i] = probe.Phone{Number: account[0], Username: account[1], Password: password}
	}
	var err error
	options.Password, err = password(p.PasswordFile)
	return options, err
}

// password is the content of a file, without the end of its line.
func password(file string) (string, error) {
	content, err := os.ReadFile(file) // #nosec G304 -- the user names it
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}
