// SPDX-License-Identifier: Apache-2.0

package pki

// Components that have a certificate.
const (
	ComponentNATS         = "nats"
	ComponentOperator     = "operator"
	ComponentPhoneControl = "phone-control"
)

func components() []string {
	return []string{"sip-edge", "csta-session", "monitor", ComponentPhoneControl, ComponentNATS, ComponentOperator}
}

// ServicesName is in the certificates of all services. They dial one another by
// pod address and check this name.
const ServicesName = "services.offhook.internal"

// Keys in Secrets.
const (
	keyConfig         = "config.key"
	keyFlowToken      = "flow-token.key" // #nosec G101 -- the name of a key
	keyNonce          = "nonce.key"
	keySystemPassword = "password"
	keyCertificate    = "tls.crt"
	keyPrivate        = "tls.key"
	keyAuthorities    = "ca.crt"

	keyNextCertificate     = "next.crt"
	keyNextPrivate         = "next.key"
	keyPreviousCertificate = "previous.crt"
)

// Names are the names of an installation's Secrets.
type Names struct {
	// Installation begins each name; Namespace holds the Secrets.
	Installation, Namespace string
}

// ConfigKey holds the key of sealed credentials.
func (n Names) ConfigKey() string { return n.Installation + "-config-key" }

// EdgeKeys holds the keys that all edges share.
func (n Names) EdgeKeys() string { return n.Installation + "-edge-keys" }

// NATSSystem holds the password of NATS's system account.
func (n Names) NATSSystem() string { return n.Installation + "-nats-system" }

// Authority holds the certificate authority.
func (n Names) Authority() string { return n.Installation + "-internal-ca" }

// Certificate holds the certificate of a component.
func (n Names) Certificate(component string) string {
	return n.Installation + "-" + component + "-tls"
}

// hosts are the DNS names of a component.
func (n Names) hosts(component string) []string {
	service := n.Installation + "-" + component
	pods := "*." + service + "-headless." + n.Namespace + ".svc"
	hosts := []string{
		service, service + "." + n.Namespace, service + "." + n.Namespace + ".svc", service + "." + n.Namespace + ".svc.cluster.local",
		pods, pods + ".cluster.local", component + ".offhook.internal", "localhost",
	}
	if component != ComponentNATS {
		hosts = append(hosts, ServicesName)
	}
	return hosts
}
