// SPDX-License-Identifier: Apache-2.0

// Package config owns the operator's configuration file: its fields, defaults
// and checks. It never reads the Kubernetes API.
package config

import (
	"time"

	"offhook.dev/services/process"
)

// Kind of the file.
const Kind = "OperatorConfig"

// Config is the operator's configuration.
type Config struct {
	// APIVersion and Kind must be those of the operator.
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Installation is the full name of the release: names of Secrets and of the
	// lease begin with it.
	Installation string `json:"installation"`
	// Namespace of the objects; empty: POD_NAMESPACE.
	Namespace      string         `json:"namespace,omitempty"`
	NATS           NATS           `json:"nats"`
	GRPC           GRPC           `json:"grpc"`
	Certificates   Certificates   `json:"certificates"`
	Status         Status         `json:"status"`
	Drain          Drain          `json:"drain"`
	LeaderElection LeaderElection `json:"leaderElection"`
	Admin          process.Admin  `json:"admin"`
	Log            process.Log    `json:"log"`
}

// NATS says how to reach the bus.
type NATS struct {
	// URL of one or more servers, separated by commas.
	URL string `json:"url"`
	// CredentialsFile is a .creds file; empty: none.
	CredentialsFile string `json:"credentialsFile,omitempty"`
	// Internal: it is the installation's own NATS. The operator shows the
	// certificate of its own Secret and tells the servers to read theirs anew.
	Internal bool `json:"internal"`
	// TLS files, where the NATS is not the installation's own.
	TLS process.TLS `json:"tls"`
	// Replicas of stream and buckets.
	Replicas int `json:"replicas"`
}

// GRPC says how the operator calls phone-control.
type GRPC struct {
	// Insecure calls without TLS.
	Insecure bool `json:"insecure"`
}

// Certificates says who makes the certificates inside the installation.
type Certificates struct {
	// Issue makes and renews them. False: they come from elsewhere by the same
	// names (cert-manager).
	Issue bool `json:"issue"`
	// AuthorityValidity and Validity of the authority and of certificates, which
	// are renewed after two thirds of it.
	AuthorityValidity process.Duration `json:"authorityValidity"`
	Validity          process.Duration `json:"validity"`
	// CheckInterval is how often Secrets are looked at.
	CheckInterval process.Duration `json:"checkInterval"`
}

// Status says how the status of objects comes about.
type Status struct {
	// Interval between two reports of a target.
	Interval process.Duration `json:"interval"`
}

// Drain bounds the deletion of a target that is in use.
type Drain struct {
	// Timeout after which it is withdrawn though sessions or calls are left.
	Timeout process.Duration `json:"timeout"`
}

// LeaderElection says who of several replicas works.
type LeaderElection struct {
	// LeaseDuration after which others may take over from a leader that is
	// gone; it gives up by itself after RenewDeadline.
	LeaseDuration process.Duration `json:"leaseDuration"`
	RenewDeadline process.Duration `json:"renewDeadline"`
	RetryPeriod   process.Duration `json:"retryPeriod"`
}

const day = 24 * time.Hour

// NewDefaultConfig is the configuration without a file.
func NewDefaultConfig() *Config {
	return &Config{
		APIVersion:   process.APIVersion,
		Kind:         Kind,
		Installation: "offhook",
		NATS:         NATS{URL: "nats://127.0.0.1:4222", Replicas: 1},
		Certificates: Certificates{
			Issue: true, AuthorityValidity: process.Duration(3650 * day), Validity: process.Duration(90 * day),
			CheckInterval: process.Duration(time.Minute),
		},
		Status: Status{Interval: process.Duration(5 * time.Second)},
		Drain:  Drain{Timeout: process.Duration(5 * time.Minute)},
		// Long enough to outlive a restart of the API server: the data plane
		// does not wait for the operator.
		LeaderElection: LeaderElection{
			LeaseDuration: process.Duration(45 * time.Second), RenewDeadline: process.Duration(30 * time.Second),
			RetryPeriod: process.Duration(5 * time.Second),
		},
		Admin: process.Admin{Listen: "127.0.0.1:0"},
		Log:   process.Log{Level: "info"},
	}
}
