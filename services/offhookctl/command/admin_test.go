// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// sessions is a csta-session that has one session.
type sessions struct {
	sessionv1.UnimplementedSessionServiceServer
}

func (sessions) ListSessions(_ context.Context, request *sessionv1.ListSessionsRequest) (*sessionv1.ListSessionsResponse, error) {
	if request.GetTarget() == "secret" {
		return nil, status.Error(codes.PermissionDenied, "not for you")
	}
	opened := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &sessionv1.ListSessionsResponse{Sessions: []*sessionv1.Session{{
		SessionId: "0123", User: "alice", Line: "1001", Target: "office", Monitors: 2, Edition: "ed3", Peer: "127.0.0.1:4000",
		Opened: timestamppb.New(opened), Expires: timestamppb.New(opened.Add(time.Hour)),
	}}}, nil
}

func (sessions) ClearSession(_ context.Context, request *sessionv1.ClearSessionRequest) (*sessionv1.ClearSessionResponse, error) {
	if request.GetSessionId() != "0123" {
		return nil, status.Error(codes.NotFound, "no such session")
	}
	return &sessionv1.ClearSessionResponse{}, nil
}

// desks is a phone-control that has a Skinny and a SIP phone.
type desks struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
}

func (desks) ListRegistrations(_ context.Context, request *phonecontrolv1.ListRegistrationsRequest) (*phonecontrolv1.ListRegistrationsResponse, error) {
	if request.GetTarget() != "office" {
		return nil, status.Error(codes.NotFound, "no such target")
	}
	return &phonecontrolv1.ListRegistrationsResponse{Registrations: []*phonecontrolv1.Registration{
		{
			Line: "1001", Contact: "skinny:SEP001122334455@192.0.2.1", UserAgent: "Cisco 7970",
			DeviceName: "SEP001122334455", ProtocolVersion: 17,
		},
		{Line: "1002", Contact: "sip:1002@192.0.2.2", UserAgent: "Phone/1.0"},
	}}, nil
}

func (desks) ResetPhone(_ context.Context, request *phonecontrolv1.ResetPhoneRequest) (*phonecontrolv1.ResetPhoneResponse, error) {
	if request.GetDeviceName() != "SEP001122334455" {
		return nil, status.Error(codes.FailedPrecondition, "no such phone is registered")
	}
	return &phonecontrolv1.ResetPhoneResponse{}, nil
}

func TestAdministratorsCommands(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	sessionv1.RegisterSessionServiceServer(server, sessions{})
	phonecontrolv1.RegisterPhoneControlServiceServer(server, desks{})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	var all strings.Builder
	for _, test := range []struct {
		command string
		code    int
	}{
		{"sessions", ExitOK}, {"sessions -o json", ExitOK}, {"sessions --target secret", ExitDenied},
		{"clear-session 0123", ExitOK}, {"clear-session 0123 -o json", ExitOK}, {"clear-session 4567", ExitRefused},
		{"phones office", ExitOK}, {"phones office -o json", ExitOK}, {"phones nowhere", ExitRefused},
		{"reset-phone office SEP001122334455", ExitOK}, {"reset-phone office SEP001122334455 --restart -o json", ExitOK},
		{"reset-phone office SEP000000000000", ExitRefused},
	} {
		got := run(t.Context(), t, "", append([]string{"--admin", listener.Addr().String()}, strings.Fields(test.command)...)...)
		all.WriteString("$ offhookctl " + test.command + "\n" + got.out + got.err)
		if got.code != test.code {
			t.Errorf("%s: exit code %d, want %d", test.command, got.code, test.code)
		}
	}
	golden(t, "admin.txt", all.String())
}
