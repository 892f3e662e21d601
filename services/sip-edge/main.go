// SPDX-License-Identifier: Apache-2.0

// Command sip-edge holds every SIP socket towards applications and phones.
package main

import (
	"context"
	"os"

	"offhook.dev/services/directory"
	"offhook.dev/services/process"
	"offhook.dev/services/sip-edge/edge"
)

func main() {
	os.Exit(process.Main(process.Spec[*edge.Config]{
		Name:             directory.SIPEdge,
		Kind:             edge.Kind,
		Summary:          "The SIP edge of Offhook: CSTA application dialogs and the phones' proxy.",
		NewDefaultConfig: edge.NewDefaultConfig,
		New: func(_ context.Context, env *process.Environment, config *edge.Config) (process.Component, error) {
			targets, err := env.Targets(nil)
			if err != nil {
				return nil, err
			}
			return edge.New(config, edge.Dependencies{
				Replica: env.Replica, Targets: targets, Owners: env.Directory, Sessions: env.Directory, Edges: env.Directory,
				Dialogs: env.Bus.Dialogs(), SessionManagers: env.Bus.SessionManagers(), Logger: env.Logger, Registerer: env.Registerer,
			})
		},
	}))
}
