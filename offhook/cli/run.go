// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"offhook.dev/offhook/allinone"
	"offhook.dev/offhook/demo"
	"offhook.dev/services/process"
)

// Run is `offhook run`.
type Run struct {
	Manifests    string   `help:"Folder of CMETarget, Line, CTIUser and Secret manifests; watched for changes." type:"existingdir" required:"" env:"OFFHOOK_MANIFESTS"`
	SIP          []string `name:"sip" help:"SIP listeners, transport:host:port." default:"udp:127.0.0.1:5060,tcp:127.0.0.1:5060" env:"OFFHOOK_SIP"`
	Skinny       string   `help:"host:port of the listener of Skinny (SCCP) phones, as a rule port 2000; empty for none." env:"OFFHOOK_SKINNY"`
	Provisioning string   `help:"host:port where Skinny phones get their configuration files over HTTP, as a rule port 6970; empty for none." env:"OFFHOOK_PROVISIONING"`
	Advertise    string   `help:"host:port that phones and applications reach this by, where it is not the listener's." env:"OFFHOOK_ADVERTISE"`
	GRPC         string   `name:"grpc" help:"Loopback host:port for offhookctl sessions and clear-session; empty for none." default:"127.0.0.1:5070" env:"OFFHOOK_GRPC"`
	Admin        string   `help:"host:port of /livez, /readyz and /metrics; empty for none." default:"127.0.0.1:8080" env:"OFFHOOK_ADMIN"`
	Profiling    bool     `help:"Serve /debug/pprof on --admin."`
	Data         string   `help:"Folder for NATS's files, to keep events and state over restarts; a temporary one if not given." type:"path" env:"OFFHOOK_DATA"`
	LogLevel     string   `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"OFFHOOK_LOG_LEVEL"`
	SourceRate   float64  `help:"Most requests a second outside CSTA dialogs from one address; 0 for the default, negative for no limit." default:"0"`
	Demo         bool     `help:"Show a live CSTA session with three software phones, then stay up."`
}

// Run implements the command.
func (r *Run) Run(env *Environment) error {
	defer process.KeepHeapRoom(process.HeapRoom)()
	level := r.LogLevel
	if r.Demo && level == "info" {
		level = "warn" // the demonstration speaks
	}
	if r.Demo && !slices.ContainsFunc(r.SIP, func(listener string) bool { return strings.HasPrefix(listener, "tcp:") }) {
		return errors.New("--demo needs a TCP listener: add --sip tcp:127.0.0.1:5060")
	}
	all, err := allinone.New(env.Context, allinone.Options{
		Manifests: r.Manifests, SIP: r.SIP, Skinny: r.Skinny, Provisioning: r.Provisioning, Advertise: r.Advertise, GRPC: r.GRPC, Admin: r.Admin,
		Profiling: r.Profiling, DataDir: r.Data, RequestsPerSecond: r.SourceRate, Logger: logger(env.Err, level),
	})
	if err != nil {
		return err
	}
	if !r.Demo {
		return all.Run(env.Context)
	}
	// Phones and application end before the server does.
	serving, stop := context.WithCancel(context.WithoutCancel(env.Context))
	group, failed := errgroup.WithContext(serving)
	group.Go(func() error {
		defer stop()
		return all.Run(serving)
	})
	group.Go(func() error {
		defer stop()
		select {
		case <-all.Ready():
		case <-failed.Done():
			return nil
		}
		shown, cancel := context.WithCancel(env.Context)
		defer cancel()
		context.AfterFunc(failed, cancel)
		return demo.Run(shown, demo.Options{ //nolint:contextcheck // it ends with the command, the server after it
			Server: tcpAddress(all.SIPAddresses()), Admin: r.GRPC, Metrics: r.Admin, Manifests: r.Manifests, Out: env.Out,
		})
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("demonstration: %w", err)
	}
	return nil
}

// tcpAddress is the TCP listener among the addresses.
func tcpAddress(addresses []net.Addr) string {
	for _, address := range addresses {
		if strings.HasPrefix(address.Network(), "tcp") {
			return address.String()
		}
	}
	return ""
}
