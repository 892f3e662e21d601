// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// The load comes from another process, so that the CPU time of this one is the
// server's alone: BenchmarkINFO reports it as cpu-us/op.

const (
	loadEnv     = "SIPSTACK_LOAD" // network address count
	loadFlows   = 8
	loadWindow  = 16 // INFOs under way on each flow
	loadBody    = 630
	loadTimeout = 20 * time.Second
)

// TestLoad is the client process of BenchmarkINFO.
func TestLoad(t *testing.T) {
	spec := strings.Fields(os.Getenv(loadEnv))
	if len(spec) != 3 {
		t.Skip("runs as the client process of BenchmarkINFO")
	}
	count, err := strconv.Atoi(spec[2])
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range loadFlows {
		wg.Go(func() {
			if err := loadFlow(spec[0], spec[1], i, count/loadFlows); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func loadFlow(network, address string, flow, count int) error {
	conn, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(loadTimeout))
	p := &peer{conn: conn, udp: network == "udp", r: bufio.NewReaderSize(conn, 256<<10)}
	id := fmt.Sprintf("load%d-%d", os.Getpid(), flow)
	if _, err := conn.Write([]byte(msg(p.invite(id, "z9hG4bKi"+id, 1, ""), ""))); err != nil {
		return err
	}
	ok, err := readAnswer(p)
	if err != nil {
		return err
	}
	if ok.code() != 200 {
		return fmt.Errorf("INVITE got %s", ok.start)
	}
	_, _ = conn.Write([]byte(msg(p.inDialog(ok, "ACK", "z9hG4bKa"+id, 1, ""), "")))
	body := strings.Repeat("x", loadBody)
	infos := make([][]byte, 0, loadWindow)
	sent, answered := 0, 0
	buf := make([]byte, 64<<10)
	for answered < count {
		infos = infos[:0]
		for sent < count && sent-answered < loadWindow {
			seq := 2 + sent
			infos = append(infos, []byte(msg(p.inDialog(ok, "INFO", fmt.Sprintf("z9hG4bK%s-%d", id, seq), seq, "Content-Type: application/csta+xml"), body)))
			sent++
		}
		if p.udp {
			for _, m := range infos {
				if _, err := conn.Write(m); err != nil {
					return err
				}
			}
			n, err := conn.Read(buf)
			if err != nil {
				return fmt.Errorf("after %d of %d: %w", answered, sent, err)
			}
			if bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200")) {
				answered++
			}
			continue
		}
		if len(infos) > 0 {
			if _, err := conn.Write(bytes.Join(infos, nil)); err != nil {
				return err
			}
		}
		for {
			m, err := readMessage(p.r)
			if err != nil {
				return fmt.Errorf("after %d of %d: %w", answered, sent, err)
			}
			if m.code() != 200 {
				return errors.New(m.start)
			}
			answered++
			if p.r.Buffered() == 0 || answered == count {
				break
			}
		}
	}
	return nil
}

func readAnswer(p *peer) (received, error) {
	for {
		m, err := p.readFor(loadTimeout)
		if err != nil || m.code() >= 200 {
			return m, err
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func load(b *testing.B, addr net.Addr) {
	runtime.GC()
	count := max(b.N/loadFlows, 1) * loadFlows
	cmd := exec.Command(os.Args[0], "-test.run=^TestLoad$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", loadEnv, addr.Network(), addr, count))
	b.ResetTimer()
	before := cpuTime()
	out, err := cmd.CombinedOutput()
	used := cpuTime() - before
	b.StopTimer()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.ReportMetric(float64(used.Microseconds())/float64(count), "cpu-us/op")
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkINFO: INFOs with a body of 630 bytes, answered with a body, on 8
// flows with 16 under way each; this package's dialogs against a bare sipgo
// server with a canned answer.
func BenchmarkINFO(b *testing.B) {
	body := bytes.Repeat([]byte("y"), loadBody)
	for _, network := range []string{"tcp", "udp"} {
		b.Run("offhook/"+network, func(b *testing.B) {
			h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
				_ = tx.Respond(200, "", WithBody(body, "application/csta+xml"))
			})
			h.acks = make(chan *Request, 1024)
			hs := start(b, Config{}, accepting(AcceptSpec{Handler: h}, nil))
			addr := hs.tcp
			if network == "udp" {
				addr = hs.udp
			}
			load(b, addr)
		})
		b.Run("sipgo/"+network, func(b *testing.B) {
			load(b, startSipgo(b, network, body))
		})
	}
}

// startSipgo serves canned answers by sipgo's own server transactions.
func startSipgo(b *testing.B, network string, body []byte) net.Addr {
	sip.UDPMTUSize = 65000
	ua, err := sipgo.NewUA()
	if err != nil {
		b.Fatal(err)
	}
	srv, err := sipgo.NewServer(ua, sipgo.WithServerLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		b.Fatal(err)
	}
	srv.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		res := sip.NewResponseFromRequest(req, 200, "OK", nil)
		res.AppendHeader(sip.NewHeader("Contact", "<sip:offhook@127.0.0.1>"))
		_ = tx.Respond(res)
	})
	srv.OnAck(func(*sip.Request, sip.ServerTransaction) {})
	srv.OnInfo(func(req *sip.Request, tx sip.ServerTransaction) {
		res := sip.NewResponseFromRequest(req, 200, "OK", body)
		res.AppendHeader(sip.NewHeader("Content-Type", "application/csta+xml"))
		_ = tx.Respond(res)
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var addr net.Addr
	var shut func() error
	if network == "tcp" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		addr, shut = l.Addr(), l.Close
		go func() { defer close(done); _ = srv.ServeTCP(l); <-ctx.Done() }()
	} else {
		l, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		_ = l.(*net.UDPConn).SetReadBuffer(udpSystemBuffer)
		addr, shut = l.LocalAddr(), l.Close
		go func() { defer close(done); _ = srv.ServeUDP(l); <-ctx.Done() }()
	}
	b.Cleanup(func() { cancel(); _ = shut(); _ = ua.Close(); <-done })
	return addr
}
