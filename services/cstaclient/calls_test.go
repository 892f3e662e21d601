// SPDX-License-Identifier: Apache-2.0

package cstaclient_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/cstaclient/cstatest"
)

// typed are the helpers that send one request, by its element.
var typed = map[string]func(context.Context, *cstaclient.Session, csta.ConnectionID) error{
	"ClearCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.ClearCall(ctx, c)
	},
	"ConsultationCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.ConsultationCall(ctx, c, "1002")
		return err
	},
	"AlternateCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.AlternateCall(ctx, c, c)
	},
	"ReconnectCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.ReconnectCall(ctx, c, c)
	},
	"TransferCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.TransferCall(ctx, c, c)
		return err
	},
	"SingleStepTransferCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.SingleStepTransferCall(ctx, c, "1002")
		return err
	},
	"ConferenceCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.ConferenceCall(ctx, c, c)
		return err
	},
	"SingleStepConferenceCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.SingleStepConferenceCall(ctx, c, "1002", csta.ParticipationTypeSilent)
		return err
	},
	"JoinCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.JoinCall(ctx, c, "1002", csta.ParticipationTypeActive)
		return err
	},
	"DeflectCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.DeflectCall(ctx, c, "1002")
	},
	"DirectedPickupCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.DirectedPickupCall(ctx, c, "1001")
		return err
	},
	"GroupPickupCall": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GroupPickupCall(ctx, "1001")
		return err
	},
	"ParkCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.ParkCall(ctx, c, "700")
		return err
	},
	"CallBack": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error { return s.CallBack(ctx, c) },
	"CancelCallBack": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.CancelCallBack(ctx, "1001", "")
	},
	"DialDigits": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.DialDigits(ctx, c, "1002")
	},
	"GenerateDigits": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		return s.GenerateDigits(ctx, c, "1#")
	},
	"SnapshotCall": func(ctx context.Context, s *cstaclient.Session, c csta.ConnectionID) error {
		_, err := s.SnapshotCall(ctx, c)
		return err
	},
	"GetDoNotDisturb": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetDoNotDisturb(ctx, "1001")
		return err
	},
	"SetDoNotDisturb": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.SetDoNotDisturb(ctx, "1001", true)
	},
	"GetForwarding": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetForwarding(ctx, "1001")
		return err
	},
	"SetForwarding": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.SetForwarding(ctx, &csta.SetForwarding{Device: csta.DeviceID{Text: "1001"}})
	},
	"GetMessageWaitingIndicator": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetMessageWaitingIndicator(ctx, "1001")
		return err
	},
	"SetMessageWaitingIndicator": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.SetMessageWaitingIndicator(ctx, "1001", true)
	},
	"GetAutoAnswer": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetAutoAnswer(ctx, "1001")
		return err
	},
	"SetAutoAnswer": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.SetAutoAnswer(ctx, "1001", true)
	},
	"GetCallerIDStatus": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetCallerIDStatus(ctx, "1001")
		return err
	},
	"SetCallerIDStatus": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		return s.SetCallerIDStatus(ctx, "1001", true)
	},
	"GetLogicalDeviceInformation": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetLogicalDeviceInformation(ctx, "1001")
		return err
	},
	"GetPhysicalDeviceInformation": func(ctx context.Context, s *cstaclient.Session, _ csta.ConnectionID) error {
		_, err := s.GetPhysicalDeviceInformation(ctx, "1001")
		return err
	},
}

// TestTypedServices: each helper sends its request, takes its response, and
// gives a refusal and a wrong response as errors.
func TestTypedServices(t *testing.T) {
	answers := map[string]func(request csta.Message) csta.Message{
		"ok": func(request csta.Message) csta.Message { return csta.NewMessage(request.Element() + "Response") },
		"no": func(csta.Message) csta.Message { return csta.NewError(csta.OperationInvalidDeviceID) },
		"odd": func(csta.Message) csta.Message {
			return &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}
		},
	}
	var mode, asked atomic.Value
	server := cstatest.Start(t, cstatest.Options{Invoke: func(request csta.Message) (int, csta.Message) {
		asked.Store(request.Element())
		return 200, answers[mode.Load().(string)](request)
	}})
	session, _ := open(t, server)
	for element, call := range typed {
		for name := range answers {
			mode.Store(name)
			err := call(within(t), session, cstaclient.Connection("c1", "1001"))
			if asked.Load() != element {
				t.Errorf("%s sends %s", element, asked.Load())
			}
			var refusal *cstaclient.ServiceError
			switch name {
			case "ok":
				// A response without its required children is one all the same.
				if err != nil && !strings.Contains(err.Error(), "without") {
					t.Errorf("%s: %v", element, err)
				}
			case "no":
				if !errors.As(err, &refusal) || refusal.Service != element {
					t.Errorf("%s: refused with %v", element, err)
				}
			case "odd":
				if err == nil || !strings.Contains(err.Error(), "RequestSystemStatusResponse") {
					t.Errorf("%s: answered oddly, gives %v", element, err)
				}
			}
		}
	}
}

func TestDevicesComeInSegments(t *testing.T) {
	segments := []*csta.SwitchingFunctionDevices{
		{ServiceCrossRefID: "other", LastSegment: true, DeviceList: []csta.DeviceID{{Text: "9"}}},
		{ServiceCrossRefID: "x1", DeviceList: []csta.DeviceID{{Text: "1001"}, {Text: "1002"}}},
		{ServiceCrossRefID: "x1", LastSegment: true, DeviceList: []csta.DeviceID{{Text: "1003"}}},
	}
	server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) {
		return 200, &csta.GetSwitchingFunctionDevicesResponse{ServiceCrossRefID: "x1"}
	}})
	session, dialog := open(t, server)
	for _, segment := range segments {
		server.Send(t, dialog, segment)
	}
	devices, err := session.GetSwitchingFunctionDevices(within(t))
	if want := []csta.DeviceID{{Text: "1001"}, {Text: "1002"}, {Text: "1003"}}; err != nil || !reflect.DeepEqual(devices, want) {
		t.Errorf("devices %v, error %v", devices, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := session.GetSwitchingFunctionDevices(ctx); err == nil {
		t.Error("no error after the context's end")
	}
}

func TestSendTakesAnEmptyAnswer(t *testing.T) {
	answers := make(chan csta.Message, 1)
	server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) { return 200, <-answers }})
	session, _ := open(t, server)
	selected := &csta.RouteSelect{CrossRefIdentifier: "x1", RouteSelected: csta.DeviceID{Text: "1002"}}
	answers <- nil
	if err := session.Send(within(t), selected); err != nil {
		t.Error(err)
	}
	answers <- csta.NewError(csta.OperationInvalidRouteingCrossRefID)
	var refusal *cstaclient.ServiceError
	if err := session.Send(within(t), selected); !errors.As(err, &refusal) || refusal.Value != "invalidRouteingCrossRefID" {
		t.Errorf("refused with %v", err)
	}
}
