// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// simulatedPhones is a driver whose phones can be acted at.
type simulatedPhones interface {
	Act(*phonecontrolv1.ActRequest) error
}

// Act implements SimulatedPhoneService. It returns when the call model has
// taken what the phone did.
func (s *Server) Act(ctx context.Context, r *phonecontrolv1.ActRequest) (*phonecontrolv1.ActResponse, error) {
	t, err := s.target(r.GetTarget())
	if err != nil {
		return nil, err
	}
	phones, ok := t.driver.(simulatedPhones)
	if !ok {
		return nil, status.Errorf(codes.FailedPrecondition, "the phones of target %s are not simulated", r.GetTarget())
	}
	acted := make(chan error, 1)
	if !t.queue.put(newWork, func() {
		err := phones.Act(r)
		t.obey()
		acted <- err
	}) {
		return nil, t.full()
	}
	err, failed := await(ctx, t, acted)
	if failed != nil {
		return nil, failed
	}
	s.options.Metrics.served(t.name, "Act", time.Duration(0))
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	return &phonecontrolv1.ActResponse{}, nil
}
