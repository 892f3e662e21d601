// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"fmt"
	"net"
	"net/netip"
)

// socket is what a port needs of a *net.UDPConn.
type socket interface {
	ReadFromUDPAddrPort(datagram []byte) (n int, from netip.AddrPort, err error)
	WriteToUDPAddrPort(datagram []byte, to netip.AddrPort) (n int, err error)
	LocalAddr() net.Addr
	Close() error
}

// systemTries is how often the system is asked for a port until one is even.
const systemTries = 32

// allocate binds the next free even port. The search goes round, so that a port
// that was closed is used again as late as possible. The caller holds mu.
func (m *RTPMixer) allocate() (socket, uint16, error) {
	if m.settings.LastPort == 0 {
		return m.allocateAny()
	}
	first, last := m.settings.evenPorts()
	for range int(last-first)/2 + 1 {
		number := m.cursor
		if number < first || number > last {
			number = first
		}
		m.cursor = number + 2
		if _, taken := m.taken[number]; taken {
			continue
		}
		s, err := m.listen(number)
		if err != nil {
			continue // another program has it
		}
		m.taken[number] = struct{}{}
		return s, number, nil
	}
	return nil, 0, fmt.Errorf("%w: none from %d to %d", ErrNoPorts, first, last)
}

func (m *RTPMixer) allocateAny() (socket, uint16, error) {
	for range systemTries {
		s, err := m.listen(0)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", ErrNoPorts, err)
		}
		number := s.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if number%2 == 0 {
			m.taken[number] = struct{}{}
			return s, number, nil
		}
		_ = s.Close()
	}
	return nil, 0, fmt.Errorf("%w: the system gave odd ports only", ErrNoPorts)
}

func (m *RTPMixer) listenUDP(port uint16) (socket, error) {
	network := "udp4"
	if m.settings.Listen.Is6() {
		network = "udp6"
		if m.settings.Listen.IsUnspecified() {
			network = "udp"
		}
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(m.settings.Listen, port)))
}
