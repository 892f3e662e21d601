// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/cstaclient"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitRefused     = 1 // the server said no: a negative CSTA response
	ExitUsage       = 2 // the command line is wrong
	ExitUnreachable = 3 // no server, or no answer in time
	ExitDenied      = 4 // user, password or rights
	ExitFailed      = 5 // anything else
	ExitInterrupted = 130
)

// errUsage is a fault of the command line that kong can't see.
var errUsage = errors.New("wrong use")

// ExitCode of an error.
func ExitCode(err error) int {
	var service *cstaclient.ServiceError
	var sip *cstaclient.SIPError
	switch {
	case errors.Is(err, errUsage), errors.Is(err, cstaclient.ErrAddress):
		return ExitUsage
	case errors.As(err, &service):
		return ExitRefused
	case errors.As(err, &sip):
		switch sip.Status {
		case 401, 403, 407:
			return ExitDenied
		case 404:
			return ExitRefused
		case 408, 503:
			return ExitUnreachable
		}
		return ExitFailed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, new(net.Error)):
		return ExitUnreachable
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded:
		return ExitUnreachable
	case codes.PermissionDenied, codes.Unauthenticated:
		return ExitDenied
	case codes.NotFound, codes.InvalidArgument, codes.FailedPrecondition:
		return ExitRefused
	}
	return ExitFailed
}

// Explain is an error with what to do next.
func Explain(err error) string {
	if hint := hint(err); hint != "" {
		return fmt.Sprintf("%v\n  %s", err, hint)
	}
	return err.Error()
}

func hint(err error) string {
	if service, ok := errors.AsType[*cstaclient.ServiceError](err); ok {
		return serviceHints[service.Value]
	}
	if sip, ok := errors.AsType[*cstaclient.SIPError](err); ok {
		switch sip.Status {
		case 401, 407:
			return "wrong user or password: check --user and OFFHOOK_PASSWORD"
		case 403:
			return "the user has no right on that line: grant it in the CTIUser's spec.lines"
		case 404:
			return "no such line or domain: check the line, and --domain against the CMETarget's spec.sip.domains"
		case 408:
			return "no answer: check --server and --transport, and that Offhook runs"
		case 503:
			return "the server can't be reached or takes no new sessions now: check --server, and try again later"
		case 481:
			return "the session is gone: run the command again"
		}
		return ""
	}
	if code := status.Code(err); code == codes.Unavailable {
		return "check --admin: it is the gRPC address of csta-session or phone-control, or of offhook"
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time: check --server, or give more --timeout"
	case errors.As(err, new(net.Error)), errors.Is(err, cstaclient.ErrAddress):
		return "check --server"
	case errors.Is(err, cstaclient.ErrEnded), errors.Is(err, errSessionEnded):
		return "run the command again; where it goes on, see the server's log"
	}
	return ""
}

// serviceHints say what to do about the negative responses that users meet.
var serviceHints = map[string]string{
	"noCallToAnswer":                      "no call rings at that line; see offhookctl snapshot",
	"noActiveCall":                        "no call is connected at that line; see offhookctl snapshot",
	"noHeldCall":                          "no call is on hold at that line; see offhookctl snapshot",
	"noConnectionToClear":                 "no call is at that line; see offhookctl snapshot",
	"connectedCallExists":                 "hold or clear the connected call first",
	"callingDeviceOutOfService":           "no phone of that line is registered",
	"requestIncompatibleWithDevice":       "that phone can't be told to do this; see answer in the Line's spec.devices",
	"privilegeViolationSpecifiedDevice":   "the user lacks the right; grant monitor or control in the CTIUser's spec.lines",
	"privilegeViolationCallingDevice":     "the user lacks the right to control the calling line; grant it in the CTIUser's spec.lines",
	"invalidConnectionID":                 "more than one call, or none, matches; name it with --call",
	"invalidDeviceID":                     "no such line in the target",
	"privilegeViolationActiveDevice":      "the user lacks the right to control that line; grant it in the CTIUser's spec.lines",
	"privilegeViolationHeldDevice":        "the user lacks the right to control that line; grant it in the CTIUser's spec.lines",
	"privilegeViolationOnDivertingDevice": "the user lacks the right to control that line; grant it in the CTIUser's spec.lines",
	"privilegeViolationPickUpDevice":      "the user may neither monitor that line, nor is it in the pickup group; see the CTIUser's spec.lines and the Line's spec.pickupGroup",
	"invalidActiveConnectionID":           "more than one active call, or none, matches; name it with --active or --call",
	"invalidHeldConnectionID":             "more than one held call, or none, matches; name it with --held",
	"invalidCalledDeviceID":               "that number can't be called; see the CMETarget's spec.dialPlan",
	"invalidDestinationDeviceID":          "that number can't be called; see the CMETarget's spec.dialPlan",
	"invalidParkToDeviceID":               "no such park slot; see the CMETarget's spec.features.parkSlots",
	"resourceBusy":                        "it is taken; try again later",
	"conferenceMemberLimitExceeded":       "the conference is full; see the CMETarget's spec.media",
	"featureAlreadySet":                   "it is so already",
	"serviceNotSupported":                 "the server doesn't offer this service; see offhookctl features",
}
