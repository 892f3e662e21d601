// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"offhook.dev/services/cstaclient"
	"offhook.dev/services/sipstack"
)

// maxPasswordBytes bounds a password file.
const maxPasswordBytes = 1 << 10

// inSession opens a session on a line, does something in it, and ends it.
func (c *Connection) inSession(env *Environment, line string, do func(context.Context, *cstaclient.Session) error) error {
	if c.User == "" {
		return fmt.Errorf("%w: give --user or OFFHOOK_USER", errUsage)
	}
	password, err := c.password(env)
	if err != nil {
		return err
	}
	options := cstaclient.Options{Server: c.Server, Transport: c.Transport}
	if c.TraceSIP {
		options.Trace = func(direction sipstack.TraceDirection, raw []byte) {
			arrow := map[sipstack.TraceDirection]string{sipstack.TraceReceived: "<-", sipstack.TraceSent: "->"}[direction]
			_, _ = fmt.Fprintf(env.Err, "%s\n%s\n", arrow, raw)
		}
	}
	client, err := cstaclient.New(env.Context, options)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	opening, cancel := context.WithTimeout(env.Context, c.Timeout)
	defer cancel()
	session, err := client.Open(opening, cstaclient.SessionOptions{User: c.User, Password: password, Domain: c.Domain, Line: line})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(env.Context), c.Timeout)
		defer cancel()
		_ = session.Close(closing)
		if lost := session.Lost(); lost > 0 {
			_, _ = fmt.Fprintf(env.Err, "%d events were lost: they came faster than they could be printed\n", lost)
		}
	}()
	return do(env.Context, session)
}

// once is inSession with the time-out on what is done.
func (c *Connection) once(env *Environment, line string, do func(context.Context, *cstaclient.Session) error) error {
	return c.inSession(env, line, func(ctx context.Context, session *cstaclient.Session) error {
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		return do(ctx, session)
	})
}

// password is that of the flag or the environment, or what the file holds
// without its line end.
func (c *Connection) password(env *Environment) (string, error) {
	if c.PasswordFile == "" {
		return c.Password, nil
	}
	source := env.In
	if c.PasswordFile != "-" {
		file, err := os.Open(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("%w: read password: %w", errUsage, err)
		}
		defer func() { _ = file.Close() }()
		source = file
	}
	text, err := io.ReadAll(io.LimitReader(source, maxPasswordBytes+1))
	if err != nil {
		return "", fmt.Errorf("%w: read password: %w", errUsage, err)
	}
	if len(text) > maxPasswordBytes {
		return "", fmt.Errorf("%w: read password: more than %d bytes", errUsage, maxPasswordBytes)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
