// SPDX-License-Identifier: Apache-2.0

package cstaclient_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/cstaclient/cstatest"
	"offhook.dev/services/sipstack"
)

func client(t *testing.T, options cstaclient.Options) *cstaclient.Client {
	t.Helper()
	client, err := cstaclient.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

var alice = cstaclient.SessionOptions{User: cstatest.User, Password: cstatest.Password, Line: "1001"}

// open opens a session of alice over TCP.
func open(t *testing.T, server *cstatest.Server) (*cstaclient.Session, *sipstack.Dialog) {
	t.Helper()
	session, err := client(t, cstaclient.Options{Server: server.TCP}).Open(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	return session, server.Dialog(t)
}

// within is a context that a test which works never sees the end of.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func awaitEnd(t *testing.T, session *cstaclient.Session) {
	t.Helper()
	select {
	case <-session.Ended():
	case <-within(t).Done():
		t.Fatal("the session does not end")
	}
}

func TestOpenServeAndClose(t *testing.T) {
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			asked := make(chan csta.Message, 1)
			server := cstatest.Start(t, cstatest.Options{
				Open: func(body csta.Message) (int, csta.Message) {
					asked <- body
					return 200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}
				},
				Invoke: func(request csta.Message) (int, csta.Message) {
					device := request.(*csta.MonitorStart).MonitorObject.DeviceObject.Text
					return 200, &csta.MonitorStartResponse{MonitorCrossRefID: csta.MonitorCrossRefID("of " + device)}
				},
			})
			address := map[string]string{"tcp": server.TCP, "udp": server.UDP}[transport]
			session, err := client(t, cstaclient.Options{Server: address, Transport: transport}).Open(within(t), alice)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := (<-asked).(*csta.RequestSystemStatus); !ok {
				t.Error("the INVITE does not ask for the system status")
			}
			if monitor, err := session.MonitorStart(within(t), "1002"); err != nil || monitor != "of 1002" {
				t.Errorf("monitor %q, error %v", monitor, err)
			}
			if err := session.Close(within(t)); err != nil {
				t.Error(err)
			}
			if cause := session.Cause(); cause != sipstack.EndByeSent {
				t.Errorf("cause is %d", cause)
			}
			if cause := <-server.Ended; cause != sipstack.EndByeReceived {
				t.Errorf("the server's cause is %d", cause)
			}
			if err := session.Close(within(t)); err != nil {
				t.Errorf("a second Close: %v", err)
			}
			if _, err := session.MonitorStart(within(t), "1002"); !errors.Is(err, cstaclient.ErrEnded) {
				t.Errorf("a service after the end: %v", err)
			}
			if _, open := <-session.Events(); open {
				t.Error("Events is still open")
			}
		})
	}
}

func TestOpenFails(t *testing.T) {
	says := func(status int, answer csta.Message) func(csta.Message) (int, csta.Message) {
		return func(csta.Message) (int, csta.Message) { return status, answer }
	}
	wrong := alice
	wrong.Password = "guess"
	odd := alice
	odd.User = "a b"
	tests := map[string]struct {
		open    func(csta.Message) (int, csta.Message)
		session cstaclient.SessionOptions
		want    func(error) bool
	}{
		"wrong password": {nil, wrong, sipStatus(407, false)},
		"no such line": {says(404, nil), alice, func(err error) bool {
			return sipStatus(404, false)(err) && strings.Contains(err.Error(), "as the test says")
		}},
		"overload":   {says(503, nil), alice, sipStatus(503, false)},
		"not normal": {says(200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusDisabled}), alice, func(err error) bool { return errors.Is(err, cstaclient.ErrNotNormal) }},
		"negative": {says(200, csta.NewError(csta.OperationServiceNotSupported)), alice, func(err error) bool {
			var service *cstaclient.ServiceError
			return errors.As(err, &service) && service.Value == "serviceNotSupported"
		}},
		"other message": {says(200, &csta.MakeCallResponse{}), alice, func(err error) bool { return strings.Contains(err.Error(), "MakeCallResponse") }},
		"odd user":      {nil, odd, func(err error) bool { return err != nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := cstatest.Start(t, cstatest.Options{Open: test.open})
			session, err := client(t, cstaclient.Options{Server: server.TCP}).Open(within(t), test.session)
			if err == nil {
				_ = session.Close(within(t))
				t.Fatal("a session was opened")
			}
			if !test.want(err) {
				t.Errorf("error is %v", err)
			}
			select {
			case <-server.Dialogs: // accepted by SIP: it must be ended
				if cause := <-server.Ended; cause != sipstack.EndByeReceived {
					t.Errorf("the dialog ended by %d", cause)
				}
			default:
			}
		})
	}
}

func sipStatus(status int, local bool) func(error) bool {
	return func(err error) bool {
		var sip *cstaclient.SIPError
		return errors.As(err, &sip) && sip.Status == status && sip.Local == local
	}
}

func TestNoServer(t *testing.T) {
	// Nothing listens on port 1 of loopback.
	if _, err := client(t, cstaclient.Options{Server: "127.0.0.1:1"}).Open(within(t), alice); !sipStatus(503, true)(err) {
		t.Errorf("error is %v", err)
	}
	if _, err := cstaclient.New(t.Context(), cstaclient.Options{Server: "127.0.0.1"}); !errors.Is(err, cstaclient.ErrAddress) {
		t.Errorf("error is %v", err)
	}
	if _, err := cstaclient.New(t.Context(), cstaclient.Options{Server: "127.0.0.1:5060", Transport: "smoke"}); err == nil {
		t.Error("an odd transport is taken")
	}
}

func TestOpenIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := cstatest.Start(t, cstatest.Options{Open: func(csta.Message) (int, csta.Message) { cancel(); return 0, nil }})
	if _, err := client(t, cstaclient.Options{Server: server.TCP}).Open(ctx, alice); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// A 2xx that comes when nobody waits any more is acknowledged and its dialog
// ended.
func TestOpenIsGivenUpAsItsAnswerComes(t *testing.T) {
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		server := cstatest.Start(t, cstatest.Options{Open: func(csta.Message) (int, csta.Message) {
			go cancel()
			return 200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}
		}})
		client := client(t, cstaclient.Options{Server: server.TCP})
		session, err := client.Open(ctx, alice)
		if err == nil {
			err = session.Close(within(t))
			if err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-server.Ended:
		case <-within(t).Done():
			t.Fatal("the server's dialog is left")
		}
	}
}

func TestRefreshes(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{SessionExpires: 4 * time.Second})
	session, _ := open(t, server)
	select {
	case body := <-server.Refreshes:
		if _, ok := body.(*csta.RequestSystemStatus); !ok {
			t.Errorf("the refresh carries %v", body)
		}
	case <-within(t).Done():
		t.Fatal("the session was not refreshed")
	}
	select {
	case <-session.Ended():
		t.Error("the session ended")
	default:
	}
}

func TestRefreshOnDemand(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	session, dialog := open(t, server)
	if err := session.Refresh(within(t)); err != nil {
		t.Error(err)
	}
	if _, ok := (<-server.Refreshes).(*csta.RequestSystemStatus); !ok {
		t.Error("the refresh does not ask for the system status")
	}
	if err := dialog.Bye(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, session)
	if err := session.Refresh(within(t)); !errors.Is(err, sipstack.ErrDialogGone) {
		t.Errorf("a refresh after the end: %v", err)
	}
}

func TestInvokeFails(t *testing.T) {
	tests := map[string]struct {
		status int
		answer csta.Message
		want   func(error) bool
	}{
		"negative": {200, csta.NewError(csta.OperationServiceNotSupported), func(err error) bool {
			var service *cstaclient.ServiceError
			return errors.As(err, &service) && service.Service == "MonitorStop" && err.Error() == "MonitorStop: operation serviceNotSupported"
		}},
		"SIP refusal":   {500, nil, sipStatus(500, false)},
		"empty":         {200, nil, func(err error) bool { return strings.Contains(err.Error(), "read the response to MonitorStop") }},
		"other message": {200, &csta.MakeCallResponse{}, func(err error) bool { return strings.Contains(err.Error(), "answered with MakeCallResponse") }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) { return test.status, test.answer }})
			session, _ := open(t, server)
			if err := session.MonitorStop(within(t), "1"); err == nil || !test.want(err) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestInvokeIsGivenUp(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) { return 0, nil }})
	session, _ := open(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := session.MonitorStop(ctx, "1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestInvokeEndsWithTheSession(t *testing.T) {
	asked := make(chan struct{})
	server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) { close(asked); return 0, nil }})
	session, dialog := open(t, server)
	go func() {
		<-asked
		_ = dialog.Bye()
	}()
	if err := session.MonitorStop(within(t), "1"); !errors.Is(err, cstaclient.ErrEnded) {
		t.Errorf("error is %v", err)
	}
}

func TestInvokeFromManyGoroutines(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: func(request csta.Message) (int, csta.Message) {
		device := request.(*csta.MonitorStart).MonitorObject.DeviceObject.Text
		return 200, &csta.MonitorStartResponse{MonitorCrossRefID: csta.MonitorCrossRefID(device)}
	}})
	session, _ := open(t, server)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			device := fmt.Sprint(1000 + i)
			if monitor, err := session.MonitorStart(within(t), device); err != nil || string(monitor) != device {
				t.Errorf("monitor of %s is %q, error %v", device, monitor, err)
			}
		})
	}
	group.Wait()
}

func event(i int) *csta.DeliveredEvent {
	return &csta.DeliveredEvent{
		MonitorCrossRefID: "1", Connection: cstaclient.Connection(csta.CallID(fmt.Sprint(i)), "1001"), Cause: csta.EventCauseNewCall,
	}
}

func TestEventsComeInOrder(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	session, dialog := open(t, server)
	const count = 50
	for i := range count {
		server.Send(t, dialog, event(i))
	}
	for i := range count {
		select {
		case got := <-session.Events():
			if call := cstaclient.Summarize(got).CallID; string(call) != fmt.Sprint(i) {
				t.Fatalf("event %d is of call %s", i, call)
			}
		case <-within(t).Done():
			t.Fatalf("event %d does not come", i)
		}
	}
}

func TestEventsThatNobodyReadsAreCounted(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	session, dialog := open(t, server)
	const queue, over = 1024, 10
	for i := range queue + over {
		server.Send(t, dialog, event(i))
		<-server.Answers
	}
	// An event is answered first and taken then; the response to a request after
	// the last one tells that it was.
	server.Send(t, dialog, &csta.RequestSystemStatus{})
	<-server.Answers
	if lost := session.Lost(); lost != over {
		t.Errorf("%d events lost, want %d", lost, over)
	}
	if call := cstaclient.Summarize(<-session.Events()).CallID; call != "0" {
		t.Errorf("the oldest is of call %s", call)
	}
}

func TestServerAsks(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	session, dialog := open(t, server)
	for _, test := range []struct {
		request csta.Message
		want    string
	}{
		{&csta.SystemStatus{SystemStatus: csta.SystemStatusMessagesLost}, "SystemStatusResponse"},
		{&csta.RequestSystemStatus{}, "RequestSystemStatusResponse"},
		{&csta.MonitorStop{MonitorCrossRefID: "1"}, "MonitorStopResponse"},
		{&csta.HoldCall{}, "CSTAErrorCode"},
	} {
		server.Send(t, dialog, test.request)
		document, err := csta.Read(<-server.Answers, csta.ReadOptions{})
		if err != nil || document.Message.Element() != test.want {
			t.Errorf("%s is answered with %v, error %v", test.request.Element(), document.Message, err)
		}
	}
	server.Send(t, dialog, &csta.RouteEnd{CrossRefIdentifier: "x1"})
	if answer := <-server.Answers; len(answer) != 0 {
		t.Errorf("a report is answered with %s", answer)
	}
	for _, want := range []string{"SystemStatus", "RequestSystemStatus", "MonitorStop", "RouteEnd"} {
		select {
		case message := <-session.Messages():
			if message.Element() != want {
				t.Errorf("the message is %s, want %s", message.Element(), want)
			}
		case <-within(t).Done():
			t.Fatalf("no %s", want)
		}
	}
	status := make(chan int, 1)
	for body, want := range map[string]int{"": 200, "<nonsense": 400} {
		server.SendBody(t, dialog, []byte(body), cstaclient.ContentType, status)
		if got := <-status; got != want {
			t.Errorf("%q is answered %d, want %d", body, got, want)
		}
	}
	server.SendBody(t, dialog, []byte("hello"), "text/plain", status)
	if got := <-status; got != 415 {
		t.Errorf("text is answered %d", got)
	}
}

func TestServerEndsTheSession(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	session, dialog := open(t, server)
	server.Send(t, dialog, event(1))
	<-server.Answers
	if err := dialog.Bye(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, session)
	if cause := session.Cause(); cause != sipstack.EndByeReceived {
		t.Errorf("cause is %d", cause)
	}
	count := 0
	for range session.Events() {
		count++
	}
	if count != 1 {
		t.Errorf("%d events were left to read", count)
	}
}

func TestClientClosesWithOpenSession(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{})
	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: server.UDP, Transport: "udp"})
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Open(within(t), alice)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	awaitEnd(t, session)
	if cause := session.Cause(); cause != sipstack.EndEndpointClose {
		t.Errorf("cause is %d", cause)
	}
}
