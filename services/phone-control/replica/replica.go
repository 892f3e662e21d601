// SPDX-License-Identifier: Apache-2.0

// Package replica puts one phone-control replica together: the SIP endpoint
// that edges reach, the drivers, and the server that runs the targets. The
// phone-control binary and the all-in-one binary both start it.
package replica

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/control"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/provisioning"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Dependencies of a replica.
type Dependencies struct {
	// Replica is this process as it will be announced; New sets its
	// SipEndpoint.
	Replica *statev1.Replica
	Bus     *bus.Bus
	Leases  control.Leases
	// Sessions reaches the applications that route calls; nil: none.
	Sessions Sessions
	// Edges are the ways out to the trunks; nil: these are reached straight.
	Edges  Edges
	Source targetconfig.Source
	Logger *slog.Logger
	// Registerer takes the metrics.
	Registerer prometheus.Registerer
	// Product goes into Server and User-Agent, for example "Offhook/1.0".
	Product string
}

// Sessions gives clients of csta-session; *directory.Directory does.
type Sessions interface {
	Sessions(key string) sessionv1.SessionServiceClient
}

// Edges gives live replicas of sip-edge; *directory.Directory does.
type Edges interface {
	Pick(service, key string) (*statev1.Replica, bool)
	Replicas(service string) []*statev1.Replica
}

// Replica is one phone-control replica. It is a process.Component.
type Replica struct {
	endpoint *sipstack.Endpoint
	gateway  *sipline.Gateway
	mixer    *mixer.RTPMixer // nil: off
	skinny   *skinnyPhones
	// provisioning of Skinny phones.
	provisioning *provisioning.Server
	server       *control.Server
	deps         Dependencies
}

// New opens the SIP listeners and puts the replica together; nothing runs yet.
func New(config *Config, deps Dependencies) (*Replica, error) {
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{
		Logger: deps.Logger, Registerer: sideRegisterer(deps.Registerer), Product: deps.Product, Advertised: advertised(config.SIP, deps.Replica),
		Reroute: reroute(deps.Edges),
	})
	if err != nil {
		return nil, fmt.Errorf("make sip endpoint: %w", err)
	}
	if err := listen(endpoint, config.SIP.Listen); err != nil {
		return nil, err
	}
	uri := endpoint.LocalURI("tcp", "")
	deps.Replica.SipEndpoint = uri.HostPort()
	r := &Replica{endpoint: endpoint, deps: deps, gateway: sipline.NewGateway(deps.Source)}
	endpoint.SetHandler(r.gateway)
	if r.mixer, err = newMixer(config, strings.Trim(uri.Host, "[]"), deps.Logger, deps.Registerer); err != nil {
		return nil, fmt.Errorf("make mixer: %w", err)
	}
	if r.skinny, err = newSkinnyPhones(config.Skinny, deps); err != nil {
		return nil, err
	}
	deps.Replica.SkinnyEndpoint = skinnyEndpoint(config.Skinny, r.skinny.address, deps.Replica)
	if r.provisioning, err = newProvisioning(config.Provisioning, r.skinny.address, deps); err != nil {
		return nil, err
	}
	factory, err := r.factory(config, deps)
	if err != nil {
		return nil, err
	}
	metrics, err := control.NewMetrics(deps.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	r.server = control.NewServer(control.Options{
		Replica: deps.Replica, Source: deps.Source, Leases: deps.Leases, Driver: factory,
		Events: func(ctx context.Context, target string, epoch uint64) (control.EventWriter, error) {
			return deps.Bus.NewEventWriter(ctx, target, epoch, bus.EventWriterOptions{})
		},
		History: func(ctx context.Context, target string, handle func(bus.Delivery) error) error {
			return deps.Bus.ReplayEvents(ctx, target, 0, handle)
		},
		TellRouteing: tellRouteing(deps.Sessions), RouteRegistrations: deps.Bus.RouteRegistrations(),
		Features: deps.Bus.Features(), HandOvers: deps.Bus.HandOvers(),
		Queue: config.Limits.Queue, ServiceTimeout: time.Duration(config.Limits.ServiceTimeout),
		Logger: deps.Logger, Metrics: metrics,
	})
	return r, nil
}

// tellRouteing reaches applications by any replica of csta-session.
func tellRouteing(sessions Sessions) control.TellRouteing {
	if sessions == nil {
		return nil
	}
	return func(ctx context.Context, message *sessionv1.TellRouteingRequest) error {
		_, err := sessions.Sessions(message.GetSessionId()).TellRouteing(ctx, message)
		return err
	}
}

// trunkRoute picks the edge that a target's calls go out by.
func trunkRoute(edges Edges) func(target string) (string, bool) {
	if edges == nil {
		return nil
	}
	return func(target string) (string, bool) {
		edge, ok := edges.Pick(directory.SIPEdge, target)
		if !ok || edge.GetSipEndpoint() == "" {
			return "", false
		}
		return sipline.TrunkRoute(edge.GetSipEndpoint(), target), true
	}
}

// reroute sends what would go by an edge that has gone by another one.
func reroute(edges Edges) func(route string) string {
	if edges == nil {
		return nil
	}
	return sipline.Rerouting(func(hostPort string) sipline.Edge {
		for _, edge := range edges.Replicas(directory.SIPEdge) {
			switch {
			case edge.GetSipEndpoint() != hostPort:
			case edge.GetDraining():
				return sipline.EdgeDrains
			default:
				return sipline.EdgeLives
			}
		}
		return sipline.EdgeGone
	}, func(token string) (string, bool) {
		edge, ok := edges.Pick(directory.SIPEdge, token)
		return edge.GetSipEndpoint(), ok && edge.GetSipEndpoint() != ""
	})
}

// sideRegisterer tells this endpoint's metrics from those of an edge in the same
// process.
func sideRegisterer(registerer prometheus.Registerer) prometheus.Registerer {
	if registerer == nil {
		return nil
	}
	return prometheus.WrapRegistererWith(prometheus.Labels{"side": "b2bua"}, registerer)
}

// listen opens TCP and UDP, on the same port unless any free one is asked for.
func listen(endpoint *sipstack.Endpoint, address string) error {
	if _, err := endpoint.Listen("tcp", address); err != nil {
		return fmt.Errorf("listen for sip over tcp: %w", err)
	}
	if _, err := endpoint.Listen("udp", address); err != nil {
		return fmt.Errorf("listen for sip over udp: %w", err)
	}
	return nil
}

// advertised is the address that others reach the SIP listener at: the
// configured one, else for a listener on all addresses the host that the gRPC
// server is announced with. Empty: the listening address itself.
func advertised(config SIP, replica *statev1.Replica) string {
	if config.Advertise != "" {
		return config.Advertise
	}
	host, port, err := net.SplitHostPort(config.Listen)
	if err != nil || port == "0" {
		return ""
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		return ""
	}
	own, _, err := net.SplitHostPort(replica.GetGrpcEndpoint())
	if err != nil || own == "" || net.ParseIP(own).IsUnspecified() {
		return ""
	}
	return net.JoinHostPort(own, port)
}

// factory makes the driver that a target's configuration asks for.
func (r *Replica) factory(config *Config, deps Dependencies) (control.Factory, error) {
	metrics, err := sipline.NewMetrics(deps.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	registrarMetrics, err := registrar.NewMetrics(deps.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	subscriptionMetrics, err := subscription.NewMetrics(deps.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	auth := digestauth.New(digestauth.Config{
		Component: "phone_control", Registerer: deps.Registerer, Algorithms: config.SIP.DigestAlgorithms,
	})
	sides := lineSides{replica: r, config: config, deps: deps, skinny: r.skinny, sip: func(target *targetconfig.Target, loop control.Loop) *sipPhones {
		options := sipline.Options{
			Target: target.Name, Source: deps.Source, Endpoint: r.endpoint, Gateway: r.gateway, Auth: auth,
			Store: deps.Bus.Registrations(), Logger: deps.Logger, Metrics: metrics, RegistrarMetrics: registrarMetrics,
			LatchRTP: config.RTP.Latch, TrunkRoute: trunkRoute(deps.Edges),
		}
		if r.mixer != nil {
			options.Mixer = r.mixer
		}
		return newSIPPhones(options, target, loop, subscriptionMetrics)
	}}
	return sides.driver, nil
}

// SkinnyAddress is the listener of Skinny phones without TLS; nil: none.
func (r *Replica) SkinnyAddress() net.Addr { return r.skinny.address }

// Register adds PhoneControlService to a gRPC server or link.
func (r *Replica) Register(registrar grpc.ServiceRegistrar) { r.server.Register(registrar) }

// Run serves until the context ends.
func (r *Replica) Run(ctx context.Context) error {
	// The endpoint outlives the targets, so that what they send last goes out,
	// and the mixer with it.
	group, failed := errgroup.WithContext(ctx)
	sip, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if r.mixer != nil {
		group.Go(func() error { return r.mixer.Run(sip) })
	}
	group.Go(func() error {
		err := r.endpoint.Run(sip)
		if sip.Err() != nil {
			return nil
		}
		return fmt.Errorf("serve sip: %w", err)
	})
	group.Go(func() error {
		if err := r.skinny.run(sip); sip.Err() == nil {
			return fmt.Errorf("serve skinny: %w", err)
		}
		return nil
	})
	group.Go(func() error { return r.provisioning.Run(failed) })
	group.Go(func() error {
		defer stop()
		return r.server.Run(failed)
	})
	return group.Wait()
}

// Drain hands the targets over with their calls.
func (r *Replica) Drain(ctx context.Context) error { return r.server.Drain(ctx) }

// Ready tells whether the replica can serve: phones of the targets that it owns
// are answered.
func (r *Replica) Ready() error {
	for _, target := range r.deps.Source.Snapshot().Targets() {
		lease, held := r.deps.Leases.Owner(target.Name)
		if !held || lease.GetReplica() != r.deps.Replica.GetId() {
			continue
		}
		driver := target.Config.GetDriver()
		if driver.GetSipLine() != nil && !r.gateway.Serves(target.Name) || driver.GetSkinny() != nil && !r.skinny.gateway.Serves(target.Name) {
			return fmt.Errorf("target %s is being taken over", target.Name)
		}
	}
	return nil
}
