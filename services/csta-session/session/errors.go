// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/csta-session/sessionstore"
)

// unavailable is the gRPC status of a fault of the store.
func unavailable(err error) error {
	switch {
	case errors.Is(err, sessionstore.ErrNotFound):
		return status.Error(codes.NotFound, "session not found")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "session store does not answer in time")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "canceled")
	}
	return status.Error(codes.Unavailable, "session store: "+err.Error())
}
