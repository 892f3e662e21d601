// SPDX-License-Identifier: Apache-2.0

// Package ctierr owns negative CSTA answers: one error type that carries the
// category and value of CSTAErrorCode (ECMA-323) through Go errors and gRPC
// statuses alike. It never writes XML and never decides policy.
package ctierr

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// Categories of CSTAErrorCode, spelt as in ECMA-323 (the standard misspells
// systemResourceAvailibility).
const (
	CategoryOperation                      = "operation"
	CategorySecurity                       = "security"
	CategoryStateIncompatibility           = "stateIncompatibility"
	CategorySystemResourceAvailibility     = "systemResourceAvailibility"
	CategorySubscribedResourceAvailability = "subscribedResourceAvailability"
	CategoryPerformanceManagement          = "performanceManagement"
	CategoryPrivateData                    = "privateData"
	CategoryPrivateErrorCode               = "privateErrorCode"
	CategoryUnspecified                    = "unspecified"
)

// Generic is the value that every category but privateData, privateErrorCode
// and unspecified has.
const Generic = "generic"

// Error is a negative CSTA answer. It is immutable by convention and may be
// shared between goroutines.
type Error struct {
	// Category is the element name in CSTAErrorCode.
	Category string
	// Value is the word in that element; free text for privateErrorCode.
	Value string
	// Detail is for logs and admin tools; it is never sent to an application.
	Detail string
}

// New gives an error of any category. The detail is formatted like fmt.Sprintf
// where args are given.
func New(category, value, detail string, args ...any) *Error {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return &Error{Category: category, Value: value, Detail: detail}
}

// Operation gives an error of category operation.
func Operation(value, detail string, args ...any) *Error {
	return New(CategoryOperation, value, detail, args...)
}

// State gives an error of category stateIncompatibility.
func State(value, detail string, args ...any) *Error {
	return New(CategoryStateIncompatibility, value, detail, args...)
}

// Security gives an error of category security.
func Security(value, detail string, args ...any) *Error {
	return New(CategorySecurity, value, detail, args...)
}

// SystemResource gives an error of category systemResourceAvailibility.
func SystemResource(value, detail string, args ...any) *Error {
	return New(CategorySystemResourceAvailibility, value, detail, args...)
}

// SubscribedResource gives an error of category subscribedResourceAvailability.
func SubscribedResource(value, detail string, args ...any) *Error {
	return New(CategorySubscribedResourceAvailability, value, detail, args...)
}

// Performance gives an error of category performanceManagement.
func Performance(value, detail string, args ...any) *Error {
	return New(CategoryPerformanceManagement, value, detail, args...)
}

// Error names the category and value, and the detail where there is one.
func (e *Error) Error() string {
	text := e.Category
	if e.Value != "" {
		text += "/" + e.Value
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is reports equality of category and value, so that errors.Is compares
// answers and not details.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Category == e.Category && other.Value == e.Value
}

// Code is the gRPC code that stands for the error.
func (e *Error) Code() codes.Code {
	switch e.Category {
	case CategoryOperation:
		switch {
		case strings.HasPrefix(e.Value, "privilegeViolation"), e.Value == "securityViolation":
			return codes.PermissionDenied
		case e.Value == "serviceNotSupported":
			return codes.Unimplemented
		case e.Value == Generic:
			return codes.Unknown
		}
		return codes.InvalidArgument
	case CategorySecurity:
		return codes.PermissionDenied
	case CategoryStateIncompatibility:
		return codes.FailedPrecondition
	case CategorySystemResourceAvailibility:
		return codes.Unavailable
	case CategorySubscribedResourceAvailability:
		return codes.ResourceExhausted
	case CategoryPerformanceManagement:
		return codes.DeadlineExceeded
	case CategoryPrivateData:
		return codes.InvalidArgument
	}
	return codes.Unknown
}

// GRPCStatus carries the whole error as a cti.v1.CSTAError detail.
func (e *Error) GRPCStatus() *status.Status {
	plain := status.New(e.Code(), e.Error())
	detailed, err := plain.WithDetails(&ctiv1.CSTAError{Category: e.Category, Value: e.Value, Detail: e.Detail})
	if err != nil {
		return plain
	}
	return detailed
}

// FromError finds the CSTA answer that stands for an error: one that lies in
// its chain or in the details of its gRPC status, else the nearest one for the
// status code. It is nil for a nil error only.
func FromError(err error) *Error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	converted, ok := status.FromError(err)
	if !ok {
		converted = status.FromContextError(err)
	}
	for _, detail := range converted.Details() {
		if answer, ok := detail.(*ctiv1.CSTAError); ok {
			return &Error{Category: answer.GetCategory(), Value: answer.GetValue(), Detail: answer.GetDetail()}
		}
	}
	if _, notOwner := AsNotOwner(err); notOwner {
		return SystemResource("resourceOutOfService", converted.Message())
	}
	return fromCode(converted.Code(), converted.Message())
}

func fromCode(code codes.Code, detail string) *Error {
	switch code {
	case codes.Unavailable, codes.Aborted:
		return SystemResource("resourceOutOfService", detail)
	case codes.ResourceExhausted:
		return SystemResource("resourceLimitExceeded", detail)
	case codes.DeadlineExceeded:
		return Performance("performanceLimitExceeded", detail)
	case codes.Canceled:
		return SystemResource(Generic, detail)
	case codes.InvalidArgument, codes.OutOfRange:
		return Operation("invalidParameterValue", detail)
	case codes.NotFound:
		return Operation("objectNotKnown", detail)
	case codes.PermissionDenied, codes.Unauthenticated:
		return Security(Generic, detail)
	case codes.FailedPrecondition, codes.AlreadyExists:
		return State(Generic, detail)
	case codes.Unimplemented:
		return Operation("serviceNotSupported", detail)
	}
	return Operation(Generic, detail)
}
