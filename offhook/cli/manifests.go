// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offhook.dev/offhook/folder"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/targetconfig"
)

// Check is `offhook check`.
type Check struct {
	Manifests string `arg:"" help:"Folder of manifests." type:"existingdir"`
}

// Run implements the command.
func (c *Check) Run(env *Environment) error {
	configs, err := folder.Load(c.Manifests, [seal.KeySize]byte{})
	if err != nil {
		return err
	}
	for _, config := range configs {
		if _, err := fmt.Fprintf(env.Out, "target %s: %d lines, %d users, ok\n", config.Target, len(config.Lines), len(config.Users)); err != nil {
			return fmt.Errorf("print result: %w", err)
		}
	}
	return nil
}

// Apply is `offhook apply`: what the operator does in a cluster.
type Apply struct {
	Manifests string        `help:"Folder of manifests." type:"existingdir" required:""`
	NATS      string        `name:"nats" help:"URL of the NATS servers." default:"nats://127.0.0.1:4222"`
	KeyFile   string        `help:"File with the 32-byte key that seals credentials, hex or base64; the services need the same." type:"existingfile" required:""`
	Watch     bool          `help:"Go on and apply the folder again whenever it changes."`
	Timeout   time.Duration `help:"Longest wait for NATS." default:"10s"`
}

// Run implements the command.
func (a *Apply) Run(env *Environment) error {
	key, err := targetconfig.ReadKey(a.KeyFile)
	if err != nil {
		return err
	}
	log := logger(env.Err, "info")
	connecting, cancel := context.WithTimeout(env.Context, a.Timeout)
	defer cancel()
	connection, err := bus.Connect(connecting, bus.Options{Name: "offhook-apply", URL: a.NATS, Logger: log})
	if err != nil {
		return fmt.Errorf("%w; check --nats, and that nats-server runs with JetStream", err)
	}
	defer connection.Close()
	manifests := folder.New(a.Manifests, key, targetconfig.NewPublisher(connection), log)
	if err := manifests.Apply(connecting); err != nil {
		return err
	}
	if !a.Watch {
		return nil
	}
	if err := manifests.Run(env.Context); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
