// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"offhook.dev/offhook/skinnyphone/crowd"
	"offhook.dev/test/bench/process"
)

// server is offhook as a process.
type server struct {
	*process.Process
	skinny string
}

// start starts the server and waits until it is ready.
func start(ctx context.Context, program, manifests string) (*server, error) {
	addresses, err := free(4)
	if err != nil {
		return nil, err
	}
	s := &server{skinny: addresses[0]}
	s.Process, err = process.Start("offhook", program, "run", "--manifests", manifests, "--skinny", s.skinny,
		"--sip", "udp:"+addresses[1]+",tcp:"+addresses[1], "--admin", addresses[2], "--grpc", addresses[3], "--log-level", "warn")
	if err != nil {
		return nil, err
	}
	if err := process.Await("offhook to be ready", func() error { return ready(ctx, addresses[2]) }, s.Process); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func ready(ctx context.Context, admin string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// free are loopback addresses that nobody listens at.
func free(n int) ([]string, error) {
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}

// measured is what a crowd saw, and what it cost.
type measured struct {
	result *crowd.Result
	took   time.Duration
	cpu    time.Duration
	// memory at the end, in bytes.
	memory uint64
}

// load is the processor time per time, in percent of one core.
func (m *measured) load() float64 { return 100 * float64(m.cpu) / float64(m.took) }

// fault tells what must not be.
func (m *measured) fault(idle *measured) error {
	r := m.result
	switch {
	case len(r.Lost)+len(idle.result.Lost) > 0:
		return fmt.Errorf("registrations were lost: %v %v", idle.result.Lost, r.Lost)
	case r.Failed > 0:
		return fmt.Errorf("%d calls failed: %v", r.Failed, r.Errors)
	case len(r.Faults) > 0:
		return fmt.Errorf("phones could not obey: %v", r.Faults)
	case r.Connected+r.Skipped != r.Offered:
		return fmt.Errorf("of %d calls %d were connected", r.Offered, r.Connected)
	}
	return nil
}

// measure runs a crowd. The memory is the most that the process has had.
func (s *server) measure(run func() (*crowd.Result, error)) (*measured, error) {
	before, err := s.CPU()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	result, err := run()
	if err != nil {
		return nil, fmt.Errorf("run the crowd: %w", err)
	}
	m := &measured{result: result, took: time.Since(began)}
	after, err := s.CPU()
	if err != nil {
		return nil, err
	}
	m.cpu = after - before
	_, m.memory, err = s.Memory()
	return m, err
}
