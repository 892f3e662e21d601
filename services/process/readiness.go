// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

var (
	errStarting = errors.New("starting")
	errDraining = errors.New("draining")
)

// readiness says whether the process can serve; both /readyz and gRPC health
// ask it each time.
type readiness struct {
	healthv1.UnimplementedHealthServer
	serving  atomic.Bool
	draining atomic.Bool
	checks   []func() error
}

// ready is nil, or why the process can't serve.
func (r *readiness) ready() error {
	switch {
	case r.draining.Load():
		return errDraining
	case !r.serving.Load():
		return errStarting
	}
	for _, check := range r.checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Check implements the gRPC health service. The service "live" is up while the
// process answers; every other name asks for readiness.
func (r *readiness) Check(_ context.Context, asked *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	if asked.GetService() != "live" && r.ready() != nil {
		return &healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_NOT_SERVING}, nil
	}
	return &healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_SERVING}, nil
}

// Watch is not offered: probes ask again.
func (r *readiness) Watch(*healthv1.HealthCheckRequest, healthv1.Health_WatchServer) error {
	return status.Error(codes.Unimplemented, "health is not watched; use Check")
}
