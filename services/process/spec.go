// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

// Configuration is a pointer to a service's configuration struct that embeds
// Common.
type Configuration interface {
	// Base gives the embedded Common.
	Base() *Common
	// Validate returns all faults of the service's own part, joined, each with
	// its field path.
	Validate() error
}

// Spec says what a process is.
type Spec[C Configuration] struct {
	// Name of the service, as replicas announce it ("csta-session").
	Name string
	// Kind of its configuration file ("CSTASessionConfig").
	Kind string
	// Summary is one sentence for --help.
	Summary string
	// NewDefaultConfig gives the configuration without a file. Common is filled
	// by the process where it is left empty.
	NewDefaultConfig func() C
	// New builds the component. Nothing has been announced yet.
	New func(ctx context.Context, env *Environment, config C) (Component, error)
}

// Component is what a process runs.
type Component interface {
	// Register adds the component's services to the gRPC server and links.
	Register(registrar grpc.ServiceRegistrar)
	// Run works until the context ends and returns when its goroutines are
	// gone. An earlier return, with or without error, ends the process as a
	// failure.
	Run(ctx context.Context) error
}

// Drainer is a Component that hands its work over before it ends. Drain
// returns when that is done, or with the context's error when the time is over.
// While it runs, Run goes on and calls are still served.
type Drainer interface {
	Drain(ctx context.Context) error
}

// Readier is a Component that knows when it can serve. An error makes /readyz
// fail with its text; a load-aware component returns one while it is full.
type Readier interface {
	Ready() error
}

// Environment is what the process prepared for its component.
type Environment struct {
	// Replica is this process as it will be announced. The component may set
	// SipEndpoint in New.
	Replica *statev1.Replica
	Bus     *bus.Bus
	// Directory runs already and is synced.
	Directory  *directory.Directory
	Logger     *slog.Logger
	Registerer prometheus.Registerer

	common  *Common
	watcher *targetconfig.Watcher
}

// Targets gives the watcher of targets' configuration; the process runs it, and
// Run of the component starts when it is synced. Call it in New, once. Validate
// is the component's own check of a new snapshot and may be nil.
func (e *Environment) Targets(validate func(*targetconfig.Snapshot) error) (*targetconfig.Watcher, error) {
	if e.common.Targets.KeyFile == "" {
		return nil, errors.New("targets.keyFile is not set: name the file with the key of sealed credentials")
	}
	key, err := targetconfig.ReadKey(e.common.Targets.KeyFile)
	if err != nil {
		return nil, err
	}
	e.watcher = targetconfig.NewWatcher(targetconfig.Options{
		Bus: e.Bus, Service: e.Replica.GetService(), Replica: e.Replica.GetId(), Key: key,
		Validate: validate, Logger: e.Logger, Registerer: e.Registerer,
	})
	return e.watcher, nil
}
