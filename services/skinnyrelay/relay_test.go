// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type owners map[string]string

func (o owners) Owner(target string) (*statev1.Lease, bool) {
	endpoint, ok := o[target]
	return &statev1.Lease{Target: target, Replica: "owner", SkinnyEndpoint: endpoint}, ok
}

// between gives both ends of a TCP connection on loopback.
func between(t *testing.T, listener net.Listener) (dialled, accepted net.Conn) {
	t.Helper()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if accepted, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled, accepted
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

func expect(t *testing.T, from net.Conn, want string) {
	t.Helper()
	_ = from.SetReadDeadline(time.Now().Add(5 * time.Second))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func expectEnd(t *testing.T, of net.Conn) {
	t.Helper()
	_ = of.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := of.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		t.Fatalf("the connection goes on: %d, %v", n, err)
	}
}

func TestAPhoneReachesTheOwner(t *testing.T) {
	t.Parallel()
	edge, owner := listen(t), listen(t)
	phone, taken := between(t, edge)
	ended := make(chan error, 1)
	go func() {
		ended <- New(owners{"floor": owner.Addr().String()}, "edge").Relay(t.Context(), taken, []byte("register"), "floor")
	}()
	served, err := owner.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	expect(t, served, "register")
	if _, err := served.Write([]byte("ack")); err != nil {
		t.Fatal(err)
	}
	expect(t, phone, "ack")
	if _, err := phone.Write([]byte("keepalive")); err != nil {
		t.Fatal(err)
	}
	expect(t, served, "keepalive")
	_ = served.Close()
	expectEnd(t, phone)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheContextEndsBoth(t *testing.T) {
	t.Parallel()
	edge, owner := listen(t), listen(t)
	phone, taken := between(t, edge)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- New(owners{"floor": owner.Addr().String()}, "edge").Relay(ctx, taken, []byte("register"), "floor")
	}()
	served, err := owner.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	expect(t, served, "register")
	cancel()
	expectEnd(t, phone)
	expectEnd(t, served)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNobodyToRelayTo(t *testing.T) {
	t.Parallel()
	edge, gone := listen(t), listen(t)
	_ = gone.Close()
	for name, test := range map[string]struct {
		owners owners
		self   string
		want   error
	}{
		"no owner":            {owners{}, "edge", ErrNoOwner},
		"no Skinny listener":  {owners{"floor": ""}, "edge", ErrNoOwner},
		"owner that has gone": {owners{"floor": gone.Addr().String()}, "edge", nil},
		"itself":              {owners{"floor": edge.Addr().String()}, "owner", ErrNoOwner},
	} {
		phone, taken := between(t, edge)
		err := New(test.owners, test.self).Relay(t.Context(), taken, nil, "floor")
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := taken.Write([]byte("x")); err != nil { // the phone can still be told
			t.Errorf("%s: %v", name, err)
		}
		expect(t, phone, "x")
	}
}
