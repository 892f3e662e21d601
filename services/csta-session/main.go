// SPDX-License-Identifier: Apache-2.0

// Csta-session serves CSTA application sessions: ECMA-323 requests in, typed
// calls of phone-control and monitor out.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"offhook.dev/services/csta-session/session"
	"offhook.dev/services/directory"
	"offhook.dev/services/process"
)

// Config is the configuration file, kind CSTASessionConfig.
type Config struct {
	process.Common
	// MaxTargetSessions bounds the sessions of a target without a limit.
	MaxTargetSessions int `json:"maxTargetSessions"`
	// MaxUserSessions bounds the sessions of a user without a limit.
	MaxUserSessions int `json:"maxUserSessions"`
	// OverloadServices is how many services at once are an overload.
	OverloadServices int `json:"overloadServices"`
	// ServiceTimeout bounds one call of phone-control or monitor.
	ServiceTimeout process.Duration `json:"serviceTimeout"`
}

// NewDefaultConfig is the configuration without a file.
func NewDefaultConfig() *Config {
	return &Config{MaxTargetSessions: 10000, MaxUserSessions: 64, OverloadServices: 1024, ServiceTimeout: process.Duration(8 * time.Second)}
}

// Validate gives all faults of the service's own part.
func (c *Config) Validate() error {
	var faults []error
	if c.MaxTargetSessions < 1 {
		faults = append(faults, fmt.Errorf("maxTargetSessions: %d is not at least 1", c.MaxTargetSessions))
	}
	if c.MaxUserSessions < 1 {
		faults = append(faults, fmt.Errorf("maxUserSessions: %d is not at least 1", c.MaxUserSessions))
	}
	if c.OverloadServices < 1 {
		faults = append(faults, fmt.Errorf("overloadServices: %d is not at least 1", c.OverloadServices))
	}
	if c.ServiceTimeout <= 0 {
		faults = append(faults, errors.New("serviceTimeout: must be above zero"))
	}
	return errors.Join(faults...)
}

func main() {
	os.Exit(process.Main(process.Spec[*Config]{
		Name:             directory.CSTASession,
		Kind:             "CSTASessionConfig",
		Summary:          "Serve CSTA application sessions.",
		NewDefaultConfig: NewDefaultConfig,
		New:              newComponent,
	}))
}

func newComponent(_ context.Context, env *process.Environment, config *Config) (process.Component, error) {
	targets, err := env.Targets(nil)
	if err != nil {
		return nil, err
	}
	return session.New(session.Options{
		Sessions:          env.Bus.Sessions(),
		Clients:           env.Directory,
		Targets:           targets,
		MaxTargetSessions: config.MaxTargetSessions,
		MaxUserSessions:   config.MaxUserSessions,
		OverloadServices:  config.OverloadServices,
		ServiceTimeout:    time.Duration(config.ServiceTimeout),
		Logger:            env.Logger,
		Registerer:        env.Registerer,
	}), nil
}
