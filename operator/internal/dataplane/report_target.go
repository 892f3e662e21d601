// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/directory"
)

// reportTarget asks the owner for its registrations.
func reportTarget(ctx context.Context, clients directory.Clients, target string) (*Report, error) {
	reply, err := clients.PhoneControl(target).ListRegistrations(ctx, &phonecontrolv1.ListRegistrationsRequest{Target: target})
	if err != nil {
		return nil, err //nolint:wrapcheck // a gRPC status
	}
	return &Report{PhonesRegistered: len(reply.GetRegistrations())}, nil
}
