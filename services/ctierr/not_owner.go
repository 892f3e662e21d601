// SPDX-License-Identifier: Apache-2.0

package ctierr

import (
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ReasonNotOwner is the ErrorInfo reason of a replica that does not hold the
// lease of the target it was asked for.
const ReasonNotOwner = "NOT_OWNER"

// Domain is the ErrorInfo domain of every reason of this project.
const Domain = "offhook.dev"

// NotOwnerError says that another replica runs the target. The call had no
// effect and may be sent to the owner.
type NotOwnerError struct {
	Target string
	// Owner is the replica id in the lease, empty where nobody holds it.
	Owner string
}

// NotOwner gives a NotOwnerError.
func NotOwner(target, owner string) error {
	return &NotOwnerError{Target: target, Owner: owner}
}

// Error names the target and the owner.
func (e *NotOwnerError) Error() string {
	if e.Owner == "" {
		return fmt.Sprintf("target %s has no owner here", e.Target)
	}
	return fmt.Sprintf("target %s is owned by %s", e.Target, e.Owner)
}

// GRPCStatus is FAILED_PRECONDITION with an ErrorInfo of reason NOT_OWNER.
func (e *NotOwnerError) GRPCStatus() *status.Status {
	plain := status.New(codes.FailedPrecondition, e.Error())
	detailed, err := plain.WithDetails(&errdetails.ErrorInfo{
		Reason:   ReasonNotOwner,
		Domain:   Domain,
		Metadata: map[string]string{"target": e.Target, "owner": e.Owner},
	})
	if err != nil {
		return plain
	}
	return detailed
}

// AsNotOwner finds a NotOwnerError in an error's chain or gRPC status.
func AsNotOwner(err error) (*NotOwnerError, bool) {
	if own, ok := errors.AsType[*NotOwnerError](err); ok {
		return own, true
	}
	converted, ok := status.FromError(err)
	if !ok || converted.Code() != codes.FailedPrecondition {
		return nil, false
	}
	for _, detail := range converted.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if ok && info.GetReason() == ReasonNotOwner && info.GetDomain() == Domain {
			return &NotOwnerError{Target: info.GetMetadata()["target"], Owner: info.GetMetadata()["owner"]}, true
		}
	}
	return nil, false
}
