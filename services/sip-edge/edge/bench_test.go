// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"offhook.dev/services/sipstack"
)

// BenchmarkInfo measures one CSTA request and its response through the edge
// over one TCP connection, requests in flight at a time: framing, transaction,
// dialog, one call to csta-session in the same process, response. "stack" is
// the same with a handler that answers at once, so that the difference is the
// edge's own; package sipstack measures itself against sipgo. The client's work
// is in all of them.
func BenchmarkInfo(b *testing.B) {
	for _, window := range []int{1, 32} {
		b.Run(fmt.Sprintf("edge/window=%d", window), func(b *testing.B) {
			benchmarkInfo(b, window, newBed(b).tcp())
		})
		b.Run(fmt.Sprintf("stack/window=%d", window), func(b *testing.B) {
			benchmarkInfo(b, window, bareStack(b))
		})
	}
}

// bareAnswer answers everything at once.
type bareAnswer struct{}

func (bareAnswer) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}
func (bareAnswer) HandleAck(*sipstack.Dialog, *sipstack.Request)                    {}
func (bareAnswer) HandleDialogEnd(*sipstack.Dialog, sipstack.DialogEnd)             {}

func (a bareAnswer) HandleRequest(tx *sipstack.ServerTx) {
	_, _ = tx.Accept(sipstack.AcceptSpec{Code: 200, Handler: a})
}

func (bareAnswer) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	body := append([]byte("response to "), tx.Request().Body()...)
	_ = tx.Respond(200, "", sipstack.WithBody(body, "application/csta+xml"))
}

func bareStack(b *testing.B) string {
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	if err != nil {
		b.Fatal(err)
	}
	address, err := endpoint.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	endpoint.SetHandler(bareAnswer{})
	ctx, cancel := context.WithCancel(context.Background())
	var ran sync.WaitGroup
	ran.Go(func() { _ = endpoint.Run(ctx) })
	b.Cleanup(func() { cancel(); ran.Wait() })
	return address.String()
}

func benchmarkInfo(b *testing.B, window int, address string) {
	var t testing.T
	c := dialFor(&t, address)
	defer c.conn.Close()
	c.open()
	body := strings.Repeat("x", 630)
	requests := requestsOf(c, body, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	inFlight := make(chan struct{}, window)
	failed := make(chan error, 1)
	go func() {
		reader := bufio.NewReaderSize(c.conn, 64<<10)
		for range b.N {
			if err := skipResponse(reader); err != nil {
				failed <- err
				return
			}
			<-inFlight
		}
		failed <- nil
	}()
	for i := range b.N {
		inFlight <- struct{}{}
		if _, err := c.conn.Write(requests(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-failed; err != nil {
		b.Fatal(err)
	}
}

// skipResponse reads a response of known form: its length is all that counts.
func skipResponse(r *bufio.Reader) error {
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			_, err := r.Discard(length)
			return err
		}
		if after, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			fmt.Sscanf(after, "%d", &length)
		}
	}
}

// requestsOf makes the i-th INFO of a dialog without formatting each anew.
func requestsOf(c *client, body string, n int) func(i int) []byte {
	first := c.cseq
	template := c.request("INFO", body)
	c.cseq = first + n + 1
	head, rest, _ := strings.Cut(template, "branch=z9hG4bK-")
	_, rest, _ = strings.Cut(rest, "\r\n")
	middle, tail, _ := strings.Cut(rest, "CSeq: ")
	_, tail, _ = strings.Cut(tail, "\r\n")
	buffer := make([]byte, 0, 2*len(template))
	return func(i int) []byte {
		buffer = fmt.Appendf(buffer[:0], "%sbranch=z9hG4bK-%d\r\n%sCSeq: %d INFO\r\n%s", head, i, middle, first+2+i, tail)
		return buffer
	}
}

// BenchmarkDeliver measures an event from Deliver until it is written.
func BenchmarkDeliver(b *testing.B) {
	plant := newBed(b)
	var t testing.T
	c := dialFor(&t, plant.tcp())
	c.open()
	id := (<-plant.sessions.opened).GetSessionId()
	done := make(chan struct{})
	go func() { // reads and never answers, as some applications do
		defer close(done)
		buffer := make([]byte, 64<<10)
		for {
			if _, err := c.conn.Read(buffer); err != nil {
				return
			}
		}
	}()
	event := strings.Repeat("x", 600)
	b.ReportAllocs()
	for b.Loop() {
		plant.deliver(event, id)
	}
	b.StopTimer()
	c.conn.Close()
	<-done
}

func dialFor(t *testing.T, address string) *client {
	c := &client{t: t, network: "tcp", user: "alice", secret: "secret", to: "sip:1001@example.test", callID: "bench@client"}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	c.conn, c.reader = conn, bufio.NewReader(conn)
	return c
}
