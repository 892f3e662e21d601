// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/process"
)

func TestRefreshByReinvite(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.open()
	res := c.invite("<RequestSystemStatus/>", "Supported: timer", "Session-Expires: 600;refresher=uac")
	if res.code() != 200 || res.body != "<RequestSystemStatusResponse/>" || res.header.Get("Session-Expires") != "600;refresher=uac" {
		t.Errorf("re-INVITE: %+v", res)
	}
	refreshed := receive(t, b.sessions.refreshed, "RefreshSession")
	if refreshed.GetExpiresSeconds() != 600 || refreshed.GetEdge() != "edge-1" || string(refreshed.GetBody()) != "<RequestSystemStatus/>" {
		t.Errorf("RefreshSession got %v", refreshed)
	}
	c.send(c.request("UPDATE", "", "Supported: timer"))
	if res, _ := c.final(); res.code() != 200 || res.body != "" {
		t.Errorf("UPDATE: %+v", res)
	}
	if refreshed := receive(t, b.sessions.refreshed, "RefreshSession"); refreshed.GetExpiresSeconds() != 1800 || len(refreshed.GetBody()) != 0 {
		t.Errorf("RefreshSession got %v", refreshed)
	}
	if res := c.invite("<RequestSystemStatus/>", "Supported: timer", "Session-Expires: 30"); res.code() != 422 {
		t.Errorf("re-INVITE with a short interval: %s, want 422", res.start)
	}
	if res := c.info("<x/>"); res.code() != 200 {
		t.Errorf("INFO after refreshes: %s", res.start)
	}
	eventually(t, "one write of the record for each refresh", func() bool {
		_, writes := b.dialogs.snapshot()
		return writes == 3
	})
}

func TestSessionRunsOut(t *testing.T) {
	b := newBed(t)
	b.sessions.open.set(func(*sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
		return &sessionv1.OpenSessionResponse{Body: []byte("x"), SessionExpiresSeconds: 1, MinSeSeconds: 1}, nil
	})
	c := dial(t, "tcp", b.tcp())
	c.open()
	if bye := c.event(); bye.method() != "BYE" {
		t.Errorf("got %s, want BYE", bye.start)
	}
	if ended := receive(t, b.sessions.ended, "EndSession"); ended.GetReason() != sessionv1.EndReason_END_REASON_EXPIRED {
		t.Errorf("EndSession got %v", ended)
	}
	if records, _ := b.dialogs.snapshot(); records != 0 {
		t.Error("the record is left")
	}
}

func TestEndDialog(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.open()
	id := receive(t, b.sessions.opened, "OpenSession").GetSessionId()
	if _, err := b.service.EndDialog(t.Context(), &edgev1.EndDialogRequest{SessionId: id, Reason: "cleared by\r\n\"admin\""}); err != nil {
		t.Fatal(err)
	}
	bye := c.event()
	if reason := bye.header.Get("Reason"); bye.method() != "BYE" || reason != `SIP;cause=480;text="cleared by'admin'"` {
		t.Errorf("got %s with Reason %q", bye.start, reason)
	}
	if err := b.edge.sessions.WaitEmpty(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := b.service.EndDialog(t.Context(), &edgev1.EndDialogRequest{SessionId: id})
	if status.Code(err) != codes.NotFound {
		t.Errorf("second EndDialog: %v, want NotFound", err)
	}
	select {
	case ended := <-b.sessions.ended:
		t.Errorf("EndSession %v, which csta-session asked for", ended)
	default:
	}
}

func TestProbeDialog(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.open()
	id := receive(t, b.sessions.opened, "OpenSession").GetSessionId()
	c.info("<x/>") // is handled when the INVITE has been: until then the client counts as there
	probe := func(answer func(message)) bool {
		t.Helper()
		asked := make(chan bool, 1)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		go func() {
			res, err := b.service.ProbeDialog(ctx, &edgev1.ProbeDialogRequest{SessionId: id})
			asked <- err == nil && res.GetAlive()
		}()
		c.answerEvents = false
		m := c.event()
		if m.method() != "OPTIONS" {
			t.Fatalf("got %s, want OPTIONS", m.start)
		}
		answer(m)
		return receive(t, asked, "answer to ProbeDialog")
	}
	for code, want := range map[int]bool{200: true, 405: true, 500: true} {
		if got := probe(func(m message) { c.response(m, code) }); got != want {
			t.Errorf("after %d alive = %t, want %t", code, got, want)
		}
	}
	if probe(func(message) { c.conn.Close() }) {
		t.Error("alive although its connection is gone")
	}
}

func TestProbeDialogOfASessionThatIsBeingOpened(t *testing.T) {
	b := newBed(t)
	b.sessions.open.set(func(req *sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
		// Another session on the same line makes csta-session ask.
		probed, err := b.service.ProbeDialog(t.Context(), &edgev1.ProbeDialogRequest{SessionId: req.GetSessionId()})
		if err != nil || !probed.GetAlive() {
			t.Errorf("ProbeDialog gave %v, %v; want alive", probed, err)
		}
		return &sessionv1.OpenSessionResponse{Body: []byte("x"), SessionExpiresSeconds: 1800, MinSeSeconds: 90}, nil
	})
	c := dial(t, "tcp", b.tcp())
	c.open()
	receive(t, b.sessions.opened, "OpenSession")
	_, err := b.service.ProbeDialog(t.Context(), &edgev1.ProbeDialogRequest{SessionId: "unknown"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("ProbeDialog of an unknown session: %v, want NotFound", err)
	}
}

func TestDeadApplicationIsNoticedByItsAnswerToAnEvent(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.open()
	id := receive(t, b.sessions.opened, "OpenSession").GetSessionId()
	c.answerEvents = false
	b.deliver("event", id)
	c.response(c.event(), 481)
	if ended := receive(t, b.sessions.ended, "EndSession"); ended.GetReason() != sessionv1.EndReason_END_REASON_PEER_LOST {
		t.Errorf("EndSession got %v", ended)
	}
}

// TestProbesOfAnApplicationWithoutSessionTimer opens without Supported: timer.
func TestProbesOfAnApplicationWithoutSessionTimer(t *testing.T) {
	b := newBed(t, withConfig(func(c *Config) { c.Sessions.ProbeInterval = process.Duration(50 * time.Millisecond) }))
	c := dial(t, "tcp", b.tcp())
	res := c.invite("<RequestSystemStatus/>")
	if res.code() != 200 || res.header.Get("Session-Expires") != "" || res.header.Get("Require") != "" {
		t.Fatalf("INVITE: %s, %v", res.start, res.header)
	}
	if probe := c.event(); probe.method() != "OPTIONS" {
		t.Fatalf("got %s, want OPTIONS", probe.start)
	}
	if refreshed := receive(t, b.sessions.refreshed, "RefreshSession"); refreshed.GetExpiresSeconds() != 1800 {
		t.Errorf("RefreshSession got %v", refreshed)
	}
	c.conn.Close()
	if ended := receive(t, b.sessions.ended, "EndSession"); ended.GetReason() != sessionv1.EndReason_END_REASON_PEER_LOST {
		t.Errorf("EndSession got %v", ended)
	}
}

// TestTakeover stops an edge and lets its application go on with another one,
// on a new connection.
func TestTakeover(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			first := newBed(t)
			address := func(b *bed) string {
				if network == "udp" {
					return b.udp()
				}
				return b.tcp()
			}
			c := dial(t, network, address(first))
			c.open()
			id := receive(t, first.sessions.opened, "OpenSession").GetSessionId()
			first.deliver("before", id)
			before := c.event()
			first.stop()
			if records, _ := first.dialogs.snapshot(); records != 1 {
				t.Fatalf("%d records left by the stopped edge, want 1", records)
			}
			if len(first.sessions.ended) != 0 {
				t.Fatal("the stopped edge ended the session")
			}

			second := newBed(t, withDialogs(first.dialogs), withSessions(first.sessions), withReplica("edge-2"))
			c.connect(address(second))
			t.Cleanup(func() { c.conn.Close() })
			if res := c.info("<x/>"); res.code() != 200 || res.body != "response to <x/>" {
				t.Fatalf("INFO to the other edge: %+v", res)
			}
			if adopted := receive(t, second.sessions.refreshed, "RefreshSession"); adopted.GetEdge() != "edge-2" ||
				adopted.GetSessionId() != id || len(adopted.GetBody()) != 0 || adopted.GetExpiresSeconds() < 1700 ||
				!strings.HasSuffix(adopted.GetPeer(), c.conn.LocalAddr().String()) {
				t.Errorf("RefreshSession got %v", adopted)
			}
			if unknown := second.deliver("after", id).GetUnknownSessions(); unknown != nil {
				t.Fatalf("unknown sessions %v", unknown)
			}
			after := c.event()
			if after.body != "after for 7" || cseqOf(t, after) < cseqOf(t, before)+5000 {
				t.Errorf("event after the takeover: %+v", after)
			}
			if record, err := second.dialogs.Get(t.Context(), id); err != nil || record.Value.GetEdge() != "edge-2" {
				t.Errorf("record %v, %v", record, err)
			}
			c.bye()
			receive(t, second.sessions.ended, "EndSession")
		})
	}
}

func TestTakeoverByRecordsInNATS(t *testing.T) {
	dialogs := bustest.Run(t).Connect(t).Dialogs()
	first := newBed(t, withStore(dialogs))
	c := dial(t, "tcp", first.tcp())
	c.open()
	id := receive(t, first.sessions.opened, "OpenSession").GetSessionId()
	first.stop()
	second := newBed(t, withStore(dialogs), withSessions(first.sessions), withReplica("edge-2"))
	c.connect(second.tcp())
	t.Cleanup(func() { c.conn.Close() })
	if res := c.info("<x/>"); res.code() != 200 {
		t.Fatalf("INFO to the other edge: %+v", res)
	}
	record, err := dialogs.Get(t.Context(), id)
	if err != nil || record.Value.GetEdge() != "edge-2" || string(record.Value.GetMessagesLostBody()) != lostBody {
		t.Errorf("record %v, %v", record.Value, err)
	}
	c.bye()
	receive(t, second.sessions.ended, "EndSession")
	if left, err := dialogs.Get(t.Context(), id); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("record after BYE: %v, %v; want %v", left, err, bus.ErrNotFound)
	}
}

func TestEdgeStartedAnewGoesOnByItself(t *testing.T) {
	first := newBed(t)
	c := dial(t, "udp", first.udp())
	c.open()
	id := receive(t, first.sessions.opened, "OpenSession").GetSessionId()
	address := first.udp()
	first.stop()
	second := newBed(t, withDialogs(first.dialogs), withSessions(first.sessions), withConfig(func(config *Config) {
		config.SIP.Listen = []string{"udp:" + address, "tcp:127.0.0.1:0"}
	}))
	eventually(t, "the dialog is restored", func() bool {
		return len(second.deliver("event", id).GetUnknownSessions()) == 0
	})
	if event := c.event(); event.body != "event for 7" {
		t.Errorf("event of the restarted edge: %+v", event)
	}
	if res := c.info("<x/>"); res.code() != 200 {
		t.Errorf("INFO: %s", res.start)
	}
}

// TestEdgeThatLostItsDialogDoesNotEndTheSession has a client move to another
// edge while the first one lives on.
func TestEdgeThatLostItsDialogDoesNotEndTheSession(t *testing.T) {
	first := newBed(t)
	first.sessions.open.set(func(*sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
		return &sessionv1.OpenSessionResponse{Body: []byte("x"), SessionExpiresSeconds: 2, MinSeSeconds: 1}, nil
	})
	second := newBed(t, withDialogs(first.dialogs), withReplica("edge-2"))
	c := dial(t, "tcp", first.tcp())
	c.open()
	recorded(t, first)
	old := c.conn
	t.Cleanup(func() { old.Close() })
	c.connect(second.tcp())
	t.Cleanup(func() { c.conn.Close() })
	if res := c.invite("<RequestSystemStatus/>", "Supported: timer"); res.code() != 200 {
		t.Fatalf("re-INVITE to the other edge: %s", res.start)
	}
	old.Close()
	eventually(t, "the first edge forgets the session, which is refreshed at the second", func() bool {
		c.send(c.request("UPDATE", "", "Supported: timer"))
		if res, _ := c.final(); res.code() != 200 {
			t.Fatalf("UPDATE at the other edge: %s", res.start)
		}
		receive(t, second.sessions.refreshed, "RefreshSession")
		return first.edge.sessions.Count() == 0
	})
	select {
	case ended := <-first.sessions.ended:
		t.Errorf("the edge without the client ended the session: %v", ended)
	default:
	}
}

func TestForeignTagsDoNotTakeADialogOver(t *testing.T) {
	first := newBed(t)
	c := dial(t, "tcp", first.tcp())
	c.open()
	first.stop()
	second := newBed(t, withDialogs(first.dialogs), withSessions(first.sessions), withReplica("edge-2"))
	thief := dial(t, "tcp", second.tcp())
	thief.callID, thief.contact, thief.toTag = c.callID, c.contact, "guess"
	if res := thief.info("<x/>"); res.code() != 481 {
		t.Errorf("INFO with a wrong tag: %s, want 481", res.start)
	}
	if record, _ := second.dialogs.List(t.Context(), ">"); record[0].Value.GetEdge() != "edge-1" {
		t.Error("the record was changed")
	}
}

func TestDrainByBye(t *testing.T) {
	b := newBed(t, withConfig(func(c *Config) { c.Sessions.OnDrain = OnDrainBye }))
	c := dial(t, "tcp", b.tcp())
	c.open()
	drained := make(chan error, 1)
	go func() { drained <- b.edge.Drain(t.Context()) }()
	if bye := c.event(); bye.method() != "BYE" {
		t.Errorf("got %s, want BYE", bye.start)
	}
	if err := receive(t, drained, "end of the drain"); err != nil {
		t.Error(err)
	}
	if ended := receive(t, b.sessions.ended, "EndSession"); ended.GetReason() != sessionv1.EndReason_END_REASON_DRAINED {
		t.Errorf("EndSession got %v", ended)
	}
	if b.edge.Ready() == nil {
		t.Error("ready while draining")
	}
}

// recorded waits for the dialog's record, which is written after the 200.
func recorded(t *testing.T, b *bed) {
	t.Helper()
	eventually(t, "the dialog's record", func() bool {
		records, _ := b.dialogs.snapshot()
		return records == 1
	})
}

func cseqOf(t *testing.T, m message) int {
	t.Helper()
	var n int
	for _, c := range strings.Fields(m.header.Get("Cseq"))[0] {
		n = 10*n + int(c-'0')
	}
	return n
}
