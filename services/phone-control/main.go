// SPDX-License-Identifier: Apache-2.0

// Command phone-control runs the call model of the targets whose lease it
// holds, and is registrar and B2BUA of their phones.
package main

import (
	"context"
	"os"

	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/replica"
	"offhook.dev/services/process"
)

func main() {
	os.Exit(process.Main(process.Spec[*replica.Config]{
		Name:             directory.PhoneControl,
		Kind:             replica.Kind,
		Summary:          "Runs the call model and the phones of CME targets.",
		NewDefaultConfig: replica.NewDefaultConfig,
		New:              newReplica,
	}))
}

func newReplica(_ context.Context, env *process.Environment, config *replica.Config) (process.Component, error) {
	source, err := env.Targets(nil)
	if err != nil {
		return nil, err
	}
	return replica.New(config, replica.Dependencies{
		Replica: env.Replica, Bus: env.Bus, Leases: env.Directory, Sessions: env.Directory, Edges: env.Directory, Source: source,
		Logger: env.Logger, Registerer: env.Registerer, Product: "Offhook/" + process.Version,
	})
}
