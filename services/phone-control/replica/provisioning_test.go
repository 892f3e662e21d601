// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"net"
	"strings"
	"testing"
)

func TestProvisioningIsOffByDefaultAndValidated(t *testing.T) {
	config := NewDefaultConfig()
	if config.Provisioning.Listen != "" {
		t.Errorf("it listens on %s", config.Provisioning.Listen)
	}
	config.Provisioning.Listen, config.Provisioning.TLSPort = "6970", -1
	err := config.Validate()
	for _, want := range []string{"provisioning.listen: ", "provisioning.tlsPort: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestProvisioningFollowsTheSkinnyListener(t *testing.T) {
	for _, skinny := range []net.Addr{nil, &net.TCPAddr{Port: 2001}} {
		server, err := newProvisioning(NewDefaultConfig().Provisioning, skinny, Dependencies{})
		if err != nil {
			t.Fatal(err)
		}
		if server.Address() != nil {
			t.Errorf("it listens on %s", server.Address())
		}
	}
}
