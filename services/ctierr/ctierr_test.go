// SPDX-License-Identifier: Apache-2.0

package ctierr

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestErrorSurvivesAStatus(t *testing.T) {
	for _, c := range []struct {
		err  *Error
		code codes.Code
	}{
		{Operation("invalidDeviceID", "device %s is unknown", "1001"), codes.InvalidArgument},
		{Operation("privilegeViolationSpecifiedDevice", ""), codes.PermissionDenied},
		{Operation("serviceNotSupported", ""), codes.Unimplemented},
		{Operation(Generic, "what"), codes.Unknown},
		{Security(Generic, ""), codes.PermissionDenied},
		{State("noCallToAnswer", ""), codes.FailedPrecondition},
		{SystemResource("deviceOutOfService", ""), codes.Unavailable},
		{SubscribedResource("objectMonitorLimitExceeded", ""), codes.ResourceExhausted},
		{Performance("performanceLimitExceeded", ""), codes.DeadlineExceeded},
		{New(CategoryPrivateData, "cSTAPrivateDataInfoError", ""), codes.InvalidArgument},
		{New(CategoryPrivateErrorCode, "URM Denied", ""), codes.Unknown},
		{New(CategoryUnspecified, "", ""), codes.Unknown},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			if got := status.Code(c.err); got != c.code {
				t.Errorf("code %v, want %v", got, c.code)
			}
			carried := status.FromProto(c.err.GRPCStatus().Proto()).Err()
			for name, err := range map[string]error{
				"itself": c.err, "carried": carried,
				"wrapped": fmt.Errorf("answer call: %w", c.err), "wrapped after": fmt.Errorf("answer call: %w", carried),
			} {
				if got := FromError(err); *got != *c.err {
					t.Errorf("%s: %v, want %v", name, got, c.err)
				}
			}
		})
	}
}

func TestOtherErrorsGetTheNearestAnswer(t *testing.T) {
	for _, c := range []struct {
		err  error
		want *Error
	}{
		{status.Error(codes.Unavailable, "down"), SystemResource("resourceOutOfService", "down")},
		{status.Error(codes.ResourceExhausted, "full"), SystemResource("resourceLimitExceeded", "full")},
		{status.Error(codes.DeadlineExceeded, "late"), Performance("performanceLimitExceeded", "late")},
		{context.DeadlineExceeded, Performance("performanceLimitExceeded", context.DeadlineExceeded.Error())},
		{context.Canceled, SystemResource(Generic, context.Canceled.Error())},
		{status.Error(codes.Internal, "bug"), Operation(Generic, "bug")},
		{errors.New("disk is full"), Operation(Generic, "disk is full")},
		{status.Error(codes.NotFound, "who"), Operation("objectNotKnown", "who")},
		{status.Error(codes.PermissionDenied, "no"), Security(Generic, "no")},
	} {
		if got := FromError(c.err); *got != *c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
	if FromError(nil) != nil {
		t.Error("an answer for no error")
	}
}

func TestIsComparesTheAnswer(t *testing.T) {
	err := fmt.Errorf("hold: %w", State("invalidObjectState", "call 7 is ringing"))
	if !errors.Is(err, State("invalidObjectState", "")) || errors.Is(err, State("noActiveCall", "")) {
		t.Error("errors.Is does not compare category and value")
	}
}

func TestNotOwnerSurvivesAStatus(t *testing.T) {
	err := NotOwner("branch-1", "phone-control-2")
	carried := status.FromProto(status.Convert(err).Proto()).Err()
	for _, err := range []error{err, carried, fmt.Errorf("make call: %w", carried)} {
		if got, ok := AsNotOwner(err); !ok || got.Target != "branch-1" || got.Owner != "phone-control-2" {
			t.Errorf("%v: %v, %v", err, got, ok)
		}
		if got := FromError(err); !errors.Is(got, SystemResource("resourceOutOfService", "")) {
			t.Errorf("%v: CSTA error %v", err, got)
		}
	}
	for _, err := range []error{nil, errors.New("x"), State(Generic, ""), status.Error(codes.FailedPrecondition, "x")} {
		if _, ok := AsNotOwner(err); ok {
			t.Errorf("%v is taken for not the owner", err)
		}
	}
}
