// SPDX-License-Identifier: Apache-2.0

package process

// APIVersion of every service's configuration file.
const APIVersion = "offhook.dev/v1alpha1"

// Common is the part of a configuration file that all services share. Embed it
// in the service's own configuration struct.
type Common struct {
	// APIVersion and Kind must be those of the service.
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Replica is the id of this replica, unique among all services; empty:
	// POD_NAME, else "<service>-<host name>".
	Replica string `json:"replica,omitempty"`
	NATS    NATS   `json:"nats"`
	GRPC    GRPC   `json:"grpc"`
	Admin   Admin  `json:"admin"`
	Log     Log    `json:"log"`
	Drain   Drain  `json:"drain"`
	// Targets says how sealed credentials of targets are opened.
	Targets Targets `json:"targets"`
}

// Base gives the shared part of any configuration that embeds Common.
func (c *Common) Base() *Common { return c }

// NATS says how to reach the bus.
type NATS struct {
	// URL of one or more servers, separated by commas.
	URL string `json:"url"`
	// CredentialsFile is a .creds file; empty: none.
	CredentialsFile string `json:"credentialsFile,omitempty"`
	TLS             TLS    `json:"tls"`
	// Replicas of stream and buckets.
	Replicas int `json:"replicas"`
}

// GRPC is the server that other services call.
type GRPC struct {
	// Listen is "host:port"; port 0 takes a free one.
	Listen string `json:"listen"`
	// Advertise is the "host:port" that other replicas dial; empty: POD_IP or
	// the listening address, with the listening port.
	Advertise string `json:"advertise,omitempty"`
	TLS       TLS    `json:"tls"`
	// Insecure allows a listener without TLS on other than loopback addresses.
	Insecure bool `json:"insecure"`
}

// TLS names PEM files, which are read again when they change. All empty: no
// TLS.
type TLS struct {
	// CA verifies the other side; on a server it demands client certificates.
	CA   string `json:"ca,omitempty"`
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`
	// ServerName is the name in the certificates of the servers that are
	// dialled; empty: the name or address that is dialled.
	ServerName string `json:"serverName,omitempty"`
}

// Enabled reports whether any file is named.
func (t TLS) Enabled() bool { return t.CA != "" || t.Cert != "" || t.Key != "" }

// Admin is the HTTP listener of /livez, /readyz and /metrics.
type Admin struct {
	// Listen is "host:port"; empty: no listener.
	Listen string `json:"listen"`
	// Profiling serves /debug/pprof.
	Profiling bool `json:"profiling"`
}

// Log says what is logged.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `json:"level"`
}

// Drain bounds the end of the process.
type Drain struct {
	// Delay between not being ready and draining, for load balancers to see it.
	Delay Duration `json:"delay"`
	// Timeout of the whole drain; what is left then is cut off.
	Timeout Duration `json:"timeout"`
}

// Targets says how the configuration of targets is read.
type Targets struct {
	// KeyFile holds the 32-byte key of sealed credentials, as it is or written
	// in base64 or hex.
	KeyFile string `json:"keyFile,omitempty"`
}
