// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"offhook.dev/services/skinny"
)

func gateway(t *testing.T) *Gateway {
	t.Helper()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return NewGateway(GatewayOptions{Metrics: metrics})
}

// A phone that takes nothing is disconnected once its room is full, and nobody
// waits for it.
func TestAPhoneThatTakesNothing(t *testing.T) {
	t.Parallel()
	ours, phones := net.Pipe()
	g := gateway(t)
	c := newConn(g, ours)
	m := &skinny.CallInfo{}
	for range maxUnsent/len(skinny.Append(nil, m, skinny.Dialect{Version: 3})) + 10 {
		c.Send(m)
	}
	g.serving.Wait()
	if _, err := phones.Write([]byte{0}); err == nil {
		t.Error("the connection is open")
	}
	if n := testutil.ToFloat64(g.options.Metrics.dropped.WithLabelValues("slow")); n != 1 {
		t.Errorf("%v slow phones are counted, want 1", n)
	}
}

// One whose system took some, and then no more, is given up in time.
func TestAPhoneThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, phones := net.Pipe()
		defer func() { _ = phones.Close() }()
		g := gateway(t)
		c := newConn(g, ours)
		c.Send(&skinny.KeepAliveAck{})
		synctest.Sleep(writeTimeout + time.Second)
		g.serving.Wait()
		if n := testutil.ToFloat64(g.options.Metrics.dropped.WithLabelValues("write")); n != 1 {
			t.Errorf("%v phones that stopped are counted, want 1", n)
		}
	})
}

// What was sent before Close reaches the phone.
func TestCloseComesAfterWhatWasSent(t *testing.T) {
	t.Parallel()
	ours, phones := net.Pipe()
	g := gateway(t)
	c := newConn(g, ours)
	c.Send(&skinny.RegisterReject{Text: "Error: Unknown Device"})
	c.Close()
	reader := skinny.NewReader(phones)
	frame, err := reader.Read()
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := frame.Message(skinny.Dialect{Version: 3}).(*skinny.RegisterReject); !ok || m.Text != "Error: Unknown Device" {
		t.Errorf("the phone is told %+v", m)
	}
	if _, err := reader.Read(); err == nil {
		t.Error("the connection goes on")
	}
	g.serving.Wait()
}
