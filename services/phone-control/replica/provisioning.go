// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"net"

	"offhook.dev/services/phone-control/provisioning"
)

// newProvisioning opens the listener of phones that ask for their configuration
// files. They register at the Skinny listener unless configured otherwise.
func newProvisioning(config provisioning.Config, skinny net.Addr, deps Dependencies) (*provisioning.Server, error) {
	options := provisioning.Options{Config: config, Source: deps.Source, Logger: deps.Logger, Registerer: deps.Registerer}
	if address, ok := skinny.(*net.TCPAddr); ok {
		options.Port = address.Port
	}
	return provisioning.New(options)
}

// ProvisioningAddress is the listener of phones that ask for their configuration
// files; nil: none.
func (r *Replica) ProvisioningAddress() net.Addr { return r.provisioning.Address() }
