// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/skinny"
	"offhook.dev/services/skinnyport"
	"offhook.dev/services/targetconfig"
)

// entrance is a listener at work.
type entrance struct {
	listener *Listener
	address  string
	registry *prometheus.Registry
	stop     func()
}

// enter opens a listener for the phone desk of the target floor.
func enter(t *testing.T, owners Owners, options Options) *entrance {
	t.Helper()
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "floor", Version: "1", Sip: &configv1.SIP{Domains: []string{"floor.test"}, Realm: "floor.test"},
		Driver: &configv1.Driver{Skinny: &configv1.Skinny{}},
		Lines: []*configv1.Line{{Name: "alice", Number: "2001", Devices: []*configv1.Device{
			{Name: "desk", Skinny: &configv1.SkinnyPhone{DeviceName: desk, Button: 1}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &entrance{registry: prometheus.NewRegistry()}
	options.Owners, options.Targets, options.Registerer = owners, targetconfig.NewStatic(snapshot), e.registry
	e.listener = NewListener(options)
	bound, err := e.listener.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	e.address = bound.String()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.listener.Run(ctx) }()
	e.stop = func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
		ended <- context.Canceled
	}
	t.Cleanup(func() { e.stop() })
	return e
}

// say connects and says something.
func (e *entrance) say(t *testing.T, what []byte) net.Conn {
	t.Helper()
	phone, err := net.Dial("tcp", e.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = phone.Close() })
	if _, err := phone.Write(what); err != nil {
		t.Fatal(err)
	}
	return phone
}

// count is the value of a metric, of one reason if that is not empty.
func (e *entrance) count(t *testing.T, name, reason string) float64 {
	t.Helper()
	families, err := e.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() != name || reason != "" && metric.GetLabel()[0].GetValue() != reason {
				continue
			}
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return 0
}

func answerOf(t *testing.T, phone net.Conn) skinny.Message {
	t.Helper()
	_ = phone.SetReadDeadline(time.Now().Add(5 * time.Second))
	frame, err := skinny.NewReader(phone).Read()
	if err != nil {
		t.Fatal(err)
	}
	return frame.Message(old)
}

func TestAPhoneIsTakenToTheOwner(t *testing.T) {
	t.Parallel()
	owner := listen(t)
	e := enter(t, owners{"floor": owner.Addr().String()}, Options{})
	words := said(&skinny.Alarm{Text: "25"}, token(desk))
	phone := e.say(t, words)
	served, err := owner.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	expect(t, served, string(words))
	ack := said(&skinny.RegisterTokenAck{})
	if _, err := served.Write(ack); err != nil {
		t.Fatal(err)
	}
	expect(t, phone, string(ack))
	more := said(register(desk))
	if _, err := phone.Write(more); err != nil {
		t.Fatal(err)
	}
	expect(t, served, string(more))
	if open := e.count(t, "offhook_skinny_relay_connections", ""); open != 1 {
		t.Errorf("%v connections", open)
	}

	e.listener.Drain() // nobody new, but who is there stays
	if late, err := net.Dial("tcp", e.address); err == nil {
		_ = late.Close()
		t.Error("a connection while draining")
	}
	if _, err := served.Write(ack); err != nil {
		t.Fatal(err)
	}
	expect(t, phone, string(ack))
	e.stop()
	expectEnd(t, phone)
	expectEnd(t, served)
	if open, accepted := e.count(t, "offhook_skinny_relay_connections", ""), e.count(t, "offhook_skinny_relay_accepted_total", ""); open != 0 || accepted != 1 {
		t.Errorf("%v connections of %v", open, accepted)
	}
}

func TestARefusedPhoneIsToldWhy(t *testing.T) {
	t.Parallel()
	e := enter(t, owners{}, Options{})
	for name, test := range map[string]struct {
		says         skinny.Message
		text, reason string
	}{
		"no phone of a target":              {register("SEPFFFFFFFFFFFF"), "Error: Unknown Device", "unknown_device"},
		"nobody runs its target":            {register(desk), "Error: Not Served Now", "not_served"},
		"a token, and nobody runs anything": {token(desk), "", "not_served"},
	} {
		before := e.count(t, "offhook_skinny_relay_refused_total", test.reason)
		phone := e.say(t, said(test.says, &skinny.KeepAlive{}))
		switch m := answerOf(t, phone).(type) {
		case *skinny.RegisterReject:
			if m.Text != test.text {
				t.Errorf("%s: %q", name, m.Text)
			}
		case *skinny.RegisterTokenReject:
			if test.text != "" || m.WaitSeconds != skinnyport.TokenWait {
				t.Errorf("%s: %+v", name, m)
			}
		default:
			t.Errorf("%s: %T", name, m)
		}
		expectEnd(t, phone)
		if now := e.count(t, "offhook_skinny_relay_refused_total", test.reason); now != before+1 {
			t.Errorf("%s: %v refusals as %s", name, now-before, test.reason)
		}
	}
}

func TestWhoIsNoPhoneIsLetGo(t *testing.T) {
	t.Parallel()
	e := enter(t, owners{}, Options{RegisterTimeout: 50 * time.Millisecond})
	for _, words := range map[string][]byte{
		"no_skinny": []byte("GET / HTTP/1.1\r\nHost: floor.test\r\n\r\n"),
		"silent":    said(register(desk))[:20],
		"too_much":  append([]byte{0, 16, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, make([]byte, maxFirst)...),
	} {
		phone := e.say(t, words)
		expectEnd(t, phone)
	}
	e.stop()
	for _, reason := range []string{"no_skinny", "silent", "too_much"} {
		if n := e.count(t, "offhook_skinny_relay_refused_total", reason); n != 1 {
			t.Errorf("%v refusals as %s", n, reason)
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for reason, options := range map[string]Options{
		"too_many": {MaxConnections: 1}, "too_many_of_source": {MaxPerSource: 1},
	} {
		owner := listen(t)
		e := enter(t, owners{"floor": owner.Addr().String()}, options)
		first := e.say(t, said(register(desk)))
		served, err := owner.Accept()
		if err != nil {
			t.Fatal(err)
		}
		second, err := net.Dial("tcp", e.address)
		if err != nil {
			t.Fatal(err)
		}
		expectEnd(t, second)
		_ = second.Close()
		if n := e.count(t, "offhook_skinny_relay_refused_total", reason); n != 1 {
			t.Errorf("%v refusals as %s", n, reason)
		}
		_ = first.Close() // makes room
		if _, err := io.Copy(io.Discard, served); err != nil {
			t.Error(err)
		}
		_ = served.Close()
		e.stop()
		if len(e.listener.sources) != 0 || e.listener.open != 0 {
			t.Errorf("%s: %d open, %d sources", reason, e.listener.open, len(e.listener.sources))
		}
	}
}

func TestASilentPhoneIsLetGo(t *testing.T) {
	t.Parallel()
	owner, edge := listen(t), listen(t)
	phone, taken := between(t, edge)
	ended := make(chan error, 1)
	go func() {
		silent := patient{Conn: taken, silence: 50 * time.Millisecond}
		ended <- New(owners{"floor": owner.Addr().String()}, "").Relay(t.Context(), silent, []byte("register"), "floor")
	}()
	served, err := owner.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	expect(t, served, "register")
	expectEnd(t, served)
	expectEnd(t, phone)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
