// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// hostPort is an address as others write it; the zero value is none.
type hostPort struct {
	host string
	port int
}

func (a hostPort) is(host string, port int) bool {
	return a.host != "" && strings.EqualFold(host, a.host) && port == a.port
}

func parseAdvertised(text string) (hostPort, error) {
	if text == "" {
		return hostPort{}, nil
	}
	host, port, err := net.SplitHostPort(text)
	n, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || host == "" {
		return hostPort{}, fmt.Errorf("advertised address %q: not host:port", text)
	}
	return hostPort{host: host, port: int(n)}, nil
}
