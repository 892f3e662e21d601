// SPDX-License-Identifier: Apache-2.0

package system

import (
	"fmt"
	"net"
	"testing"
)

// Network is a block of loopback addresses, and a range of ports, that no other
// run of these tests on this machine uses.
type Network struct{ block int }

// firstBlock and blocks bound the addresses 127.0.N.0/24.
const (
	firstBlock = 100
	blocks     = 24
)

// NewNetwork reserves a block until the test ends.
func NewNetwork(t *testing.T) Network {
	t.Helper()
	for block := firstBlock; block < firstBlock+blocks; block++ {
		reservation, err := net.Listen("tcp", fmt.Sprintf("127.0.%d.254:4443", block))
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = reservation.Close() })
		return Network{block: block}
	}
	t.Fatalf("every address block from 127.0.%d.0 on is in use by other runs", firstBlock)
	return Network{}
}

// IP is the block's address with that last number.
func (n Network) IP(host int) string { return fmt.Sprintf("127.0.%d.%d", n.block, host) }

// RTPPorts is the first of 100 ports for RTP, which phones bind on every
// address; i is the phone, below 5.
func (n Network) RTPPorts(i int) int { return 10000 + (n.block-firstBlock)*500 + i*100 }
