// SPDX-License-Identifier: Apache-2.0

package allinone

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/csta-session/session"
	"offhook.dev/services/directory"
	"offhook.dev/services/monitor/fanout"
	"offhook.dev/services/phone-control/replica"
	"offhook.dev/services/process"
	"offhook.dev/services/sip-edge/edge"
)

// addComponents makes the four services, in the order in which a drain goes
// through them: the edge first.
func (p *Process) addComponents() error {
	edgeReplica, edgeLog := p.announce(directory.SIPEdge)
	edgeConfig := edge.NewDefaultConfig()
	edgeConfig.SIP.Listen = p.options.SIP
	edgeConfig.SIP.Advertise = p.options.Advertise
	edgeConfig.SIP.InternalListen = "127.0.0.1:0"
	switch {
	case p.options.RequestsPerSecond < 0:
		edgeConfig.Limits.RequestsPerSecond, edgeConfig.Limits.RequestBurst = 0, 0
	case p.options.RequestsPerSecond > 0:
		edgeConfig.Limits.RequestsPerSecond = p.options.RequestsPerSecond
	}
	// Sessions don't outlive this process: their clients are told.
	edgeConfig.Sessions.OnDrain = edge.OnDrainBye
	sipEdge, err := edge.New(edgeConfig, edge.Dependencies{
		Replica: edgeReplica, Targets: p.watcher, Owners: p.directory, Sessions: p.directory,
		Dialogs: p.bus.Dialogs(), SessionManagers: p.bus.SessionManagers(), Logger: edgeLog, Registerer: p.registry,
	})
	if err != nil {
		return fmt.Errorf("make sip-edge: %w; choose other addresses with --sip", err)
	}
	p.sip = sipEdge.Addresses()
	p.components = append(p.components, component{sipEdge, edgeReplica})

	sessionReplica, sessionLog := p.announce(directory.CSTASession)
	sessions := session.New(session.Options{
		Sessions: p.bus.Sessions(), Clients: p.directory, Targets: p.watcher, Logger: sessionLog, Registerer: p.registry,
	})

	monitorReplica, monitorLog := p.announce(directory.Monitor)
	monitors := fanout.New(fanout.Options{
		Monitors: p.bus.Monitors(), Sessions: p.bus.Sessions(), Events: p.bus, Clients: p.directory,
		Partition: fanout.DirectoryPartition{Directory: p.directory, Replica: monitorReplica.GetId()},
		Logger:    monitorLog, Registerer: p.registry,
	})

	phoneReplica, phoneLog := p.announce(directory.PhoneControl)
	phoneConfig := replica.NewDefaultConfig()
	phoneConfig.SIP.Listen = "127.0.0.1:0"
	phoneConfig.RTP.Advertise = hostAddress(p.options.Advertise)
	if len(p.sip) > 0 { // RTP where SIP is
		phoneConfig.RTP.Listen = hostAddress(p.sip[0].String())
	}
	phoneConfig.Skinny.Listen = p.options.Skinny
	if p.options.RequestsPerSecond < 0 {
		phoneConfig.Skinny.MessagesPerSecond = -1
	}
	phoneConfig.Provisioning.Listen = p.options.Provisioning
	phoneConfig.Provisioning.Address = registerAt(p.options.Advertise, p.options.Skinny)
	phones, err := replica.New(phoneConfig, replica.Dependencies{
		Replica: phoneReplica, Bus: p.bus, Leases: p.directory, Sessions: p.directory, Edges: p.directory, Source: p.watcher,
		Logger: phoneLog, Registerer: p.registry, Product: "Offhook/" + process.Version,
	})
	if err != nil {
		return fmt.Errorf("make phone-control: %w", err)
	}
	p.skinny, p.provisioning = phones.SkinnyAddress(), phones.ProvisioningAddress()
	p.components = append(p.components, component{sessions, sessionReplica}, component{monitors, monitorReplica}, component{phones, phoneReplica})
	return nil
}

func (p *Process) announce(service string) (*statev1.Replica, *slog.Logger) {
	return &statev1.Replica{Service: service, Id: service + "-0"}, p.logger.With("service", service)
}

// registerAt is where Skinny phones register: the host that others reach this
// by and the port of the listener, as far as they are given.
func registerAt(advertise, listener string) string {
	host, _, _ := net.SplitHostPort(advertise)
	_, port, err := net.SplitHostPort(listener)
	if err != nil || port == "0" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// hostAddress is the host of host:port if it is an IP address.
func hostAddress(hostPort string) string {
	address, err := netip.ParseAddrPort(hostPort)
	if err != nil {
		return ""
	}
	return address.Addr().Unmap().String()
}
