// SPDX-License-Identifier: Apache-2.0

// Monitor keeps CSTA monitors and takes numbered events to the applications
// that monitor.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"offhook.dev/services/directory"
	"offhook.dev/services/monitor/fanout"
	"offhook.dev/services/process"
)

// Config is the configuration file, kind MonitorConfig.
type Config struct {
	process.Common
	// MaxSessionMonitors and MaxLineMonitors bound monitors where the target
	// sets no limit.
	MaxSessionMonitors int `json:"maxSessionMonitors"`
	MaxLineMonitors    int `json:"maxLineMonitors"`
	// MaxEdgeQueue bounds the deliveries that wait for one edge.
	MaxEdgeQueue int `json:"maxEdgeQueue"`
	// DeliverTimeout bounds one delivery to an edge.
	DeliverTimeout process.Duration `json:"deliverTimeout"`
}

// NewDefaultConfig is the configuration without a file.
func NewDefaultConfig() *Config {
	return &Config{
		MaxSessionMonitors: 1024, MaxLineMonitors: 4096, MaxEdgeQueue: 4096,
		DeliverTimeout: process.Duration(5 * time.Second),
	}
}

// Validate gives all faults of the service's own part.
func (c *Config) Validate() error {
	var faults []error
	atLeastOne := func(name string, value int) {
		if value < 1 {
			faults = append(faults, fmt.Errorf("%s: %d is not at least 1", name, value))
		}
	}
	atLeastOne("maxSessionMonitors", c.MaxSessionMonitors)
	atLeastOne("maxLineMonitors", c.MaxLineMonitors)
	atLeastOne("maxEdgeQueue", c.MaxEdgeQueue)
	if c.DeliverTimeout <= 0 {
		faults = append(faults, errors.New("deliverTimeout: must be above zero"))
	}
	return errors.Join(faults...)
}

func main() {
	os.Exit(process.Main(process.Spec[*Config]{
		Name: directory.Monitor, Kind: "MonitorConfig", Summary: "Keep CSTA monitors and report events.",
		NewDefaultConfig: NewDefaultConfig, New: newComponent,
	}))
}

func newComponent(_ context.Context, env *process.Environment, config *Config) (process.Component, error) {
	return fanout.New(fanout.Options{
		Monitors: env.Bus.Monitors(), Sessions: env.Bus.Sessions(), Events: env.Bus, Clients: env.Directory,
		Partition:          fanout.DirectoryPartition{Directory: env.Directory, Replica: env.Replica.GetId()},
		MaxSessionMonitors: config.MaxSessionMonitors, MaxLineMonitors: config.MaxLineMonitors,
		MaxQueue: config.MaxEdgeQueue, DeliverTimeout: time.Duration(config.DeliverTimeout),
		Logger: env.Logger, Registerer: env.Registerer,
	}), nil
}
