// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

// Whatever comes to the port of Skinny phones is refused, bounded and counted,
// and two phones talk on all the while.
func TestAbuseOfTheSkinnyPort(t *testing.T) {
	options := floorOptions(t)
	options.Admin = freePort(t)
	f := newFloorWith(t, options)
	a := abuse{floor: f, server: f.process.SkinnyAddress().String(), admin: options.Admin}
	call, err := f.session.MakeCall(f.ctx, "2001", "2002", false)
	f.must(err)
	f.told("2002", "Delivered")
	f.must(f.session.AnswerCall(f.ctx, f.at(call.CallID, "2002")))
	f.told("2001", "Established")
	f.told("2002", "Established")
	f.hears(f.alice)

	for _, test := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"streams that are no Skinny", a.garbage},
		{"half a frame", a.half},
		{"an unknown phone", a.unknown},
		{"a phone of another", a.twice},
		{"more than a phone says", a.flood},
		{"ten thousand that say nothing", a.silent},
	} {
		t.Run(test.name, test.do)
		f.hears(f.alice)
		f.hears(f.bob)
	}
	for _, phone := range []*skinnyphone.Phone{f.alice, f.bob} {
		if s := phone.Snapshot(); s.Registrations != 1 || len(s.Faults) > 0 {
			t.Errorf("a phone was disturbed: %s", s)
		}
	}
	select {
	case event := <-f.session.Events():
		t.Errorf("the application is told %s", event.Element())
	default:
	}
	f.must(f.session.ClearConnection(f.ctx, f.at(call.CallID, "2001")))
	f.told("2002", "ConnectionCleared")
}

// hears waits for more RTP at a Skinny phone.
func (f *floor) hears(phone *skinnyphone.Phone) {
	f.t.Helper()
	start := received(phone.Snapshot())
	packets := time.NewTicker(20 * time.Millisecond)
	defer packets.Stop()
	for received(phone.Snapshot()) < start+3 {
		select {
		case <-packets.C:
		case <-f.ctx.Done():
			f.t.Fatalf("no RTP:\n%s", phone.Snapshot())
		}
	}
}

type abuse struct {
	*floor
	server, admin string
}

func (a abuse) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := net.DialTimeout("tcp", a.server, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	_ = connection.SetDeadline(time.Now().Add(patience))
	return connection
}

// ends waits until the server has ended a connection, and gives what it said.
func ends(t *testing.T, connection net.Conn) []byte {
	t.Helper()
	said, err := io.ReadAll(connection)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection goes on")
	}
	return said
}

// counted waits until a metric has risen from what it was.
func (a abuse) counted(t *testing.T, series string, before float64) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for a.metric(t, series) <= before {
		select {
		case <-again.C:
		case <-a.ctx.Done():
			t.Fatalf("%s is not counted", series)
		}
	}
}

func (a abuse) metric(t *testing.T, series string) float64 {
	t.Helper()
	response, err := http.Get("http://" + a.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindSubmatch(page)
	if found == nil {
		return 0
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

const endedAs = "offhook_skinny_connections_ended_total"

func (a abuse) garbage(t *testing.T) {
	series := endedAs + `{reason="no_skinny"}`
	for name, bytes := range map[string][]byte{
		"HTTP":          []byte("GET / HTTP/1.1\r\nHost: phone\r\n\r\n"),
		"TLS":           {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0},
		"SIP":           []byte("REGISTER sip:floor SIP/2.0\r\n"),
		"no length":     make([]byte, 12),
		"giant length":  binary.LittleEndian.AppendUint32(nil, 0xfffffff0),
		"wrong version": {4, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0},
	} {
		before := a.metric(t, series)
		connection := a.dial(t)
		bytes = append(bytes, make([]byte, 12)...)
		if _, err := connection.Write(bytes); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if said := ends(t, connection); len(said) > 0 {
			t.Errorf("%s is answered with %x", name, said)
		}
		a.counted(t, series, before)
	}
}

func (a abuse) half(t *testing.T) {
	before := a.metric(t, endedAs+`{reason="closed"}`)
	connection := a.dial(t)
	whole := skinny.Append(nil, &skinny.Register{}, skinny.Dialect{Version: 3})
	if _, err := connection.Write(whole[:len(whole)/2]); err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	a.counted(t, endedAs+`{reason="closed"}`, before)
}

// register has a phone register and gives the server's first message.
func (a abuse) register(t *testing.T, device string, from netip.Addr) (net.Conn, skinny.Message) {
	t.Helper()
	connection := a.dial(t)
	m := &skinny.Register{
		Phone: skinny.Phone{DeviceName: device, Address: from, DeviceType: skinny.Device7970}, ProtocolVersion: 17,
	}
	if _, err := connection.Write(skinny.Append(nil, m, skinny.Dialect{Version: 3})); err != nil {
		t.Fatal(err)
	}
	frame, err := skinny.NewReader(connection).Read()
	if err != nil {
		t.Fatal(err)
	}
	return connection, frame.Message(skinny.Dialect{Version: 3})
}

// The guests' line is taken by the first unknown phone; the next one is refused.
func (a abuse) unknown(t *testing.T) {
	_, first := a.register(t, "SEP00000000AAAA", netip.MustParseAddr("127.0.0.1"))
	if _, ok := first.(*skinny.RegisterAck); !ok {
		t.Errorf("the first unknown phone is answered with %s", first.ID())
	}
	connection, second := a.register(t, "SEP00000000AAAB", netip.MustParseAddr("127.0.0.1"))
	if reject, ok := second.(*skinny.RegisterReject); !ok || reject.Text != "Error: Unknown Device" {
		t.Errorf("the second unknown phone is answered with %+v", second)
	}
	ends(t, connection)
	if a.metric(t, `offhook_skinny_refusals_total{reason="unknown_device",target="floor"}`) == 0 {
		t.Error("the refusal is not counted")
	}
}

// Who registers with the name of a phone that is there, from elsewhere, is
// refused.
func (a abuse) twice(t *testing.T) {
	connection, answer := a.register(t, "SEP001122334455", netip.MustParseAddr("192.0.2.66"))
	if reject, ok := answer.(*skinny.RegisterReject); !ok || reject.Text != "Error: Already Registered" {
		t.Errorf("the second phone is answered with %+v", answer)
	}
	ends(t, connection)
	if a.metric(t, `offhook_skinny_refusals_total{reason="registered_twice",target="floor"}`) == 0 {
		t.Error("the refusal is not counted")
	}
}

func (a abuse) flood(t *testing.T) {
	before := a.metric(t, endedAs+`{reason="flood"}`)
	connection := a.dial(t)
	one := skinny.Append(nil, &skinny.KeepAlive{}, skinny.Dialect{Version: 3})
	_, _ = connection.Write(bytes.Repeat(one, 1000))
	ends(t, connection)
	a.counted(t, endedAs+`{reason="flood"}`, before)
}

// Silent connections take no more than their room: the oldest goes for each that
// is one too many, and a phone can register at any time.
func (a abuse) silent(t *testing.T) {
	n := 10000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const room = 3000 // for the server's ends, and the rest
	if limit.Cur < uint64(n+room) {
		n = int(limit.Cur) - room
		t.Logf("with a limit of %d open files, %d connections", limit.Cur, n)
	}
	if n < 2000 {
		t.Skipf("a limit of %d open files is too low", limit.Cur)
	}
	series := endedAs + `{reason="silent"}`
	before := a.metric(t, series)
	for range n {
		a.dial(t)
	}
	a.counted(t, series, before+float64(n-1024-100))
	if open := a.metric(t, "offhook_skinny_connections"); open > 1100 {
		t.Errorf("%v connections are open", open)
	}
	_, answer := a.register(t, "SEP00000000AAAA", netip.MustParseAddr("127.0.0.1"))
	if _, ok := answer.(*skinny.RegisterAck); !ok {
		t.Errorf("a phone beside them is answered with %s", answer.ID())
	}
}
