// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"net"
	"os"
)

// replicaID is the id of this replica, unique among all services: configured,
// the pod's name, or made of the service's and the host's name.
func replicaID(service string, config *Common, environment func(string) string) (string, error) {
	if config.Replica != "" {
		return config.Replica, nil
	}
	if pod := environment("POD_NAME"); pod != "" {
		return pod, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", errors.New("no name for this replica: set replica in the configuration or POD_NAME")
	}
	return service + "-" + host, nil
}

// advertised is the address at which other replicas reach a listener.
func advertised(config *Common, listener net.Addr, environment func(string) string) (string, error) {
	host, port, err := net.SplitHostPort(listener.String())
	if err != nil {
		return "", err
	}
	if config.GRPC.Advertise != "" {
		host, configured, err := net.SplitHostPort(config.GRPC.Advertise)
		if err != nil {
			return "", err
		}
		if configured == "0" || configured == "" {
			configured = port
		}
		return net.JoinHostPort(host, configured), nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = environment("POD_IP")
		if host == "" {
			return "", errors.New("no address to advertise: grpc.listen names every address; set grpc.advertise or POD_IP")
		}
	}
	return net.JoinHostPort(host, port), nil
}
