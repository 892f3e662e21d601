// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"net"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// The benchmarks send a CSTA request of usual size over loopback TCP and
// report the CPU time of both ends per call beside the wall time.

func BenchmarkLink(b *testing.B) {
	book := newPhonebook()
	listener := loopback(b)
	serveLinks(b, listener, ServerOptions{}, book.register)
	conn, err := Dial(context.Background(), listener.Addr().String(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	benchmarkCalls(b, conn)
}

func BenchmarkUnary(b *testing.B) {
	book := newPhonebook()
	listener := loopback(b)
	serveLinks(b, listener, ServerOptions{}, book.register)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	benchmarkCalls(b, conn)
}

func BenchmarkDirect(b *testing.B) {
	benchmarkCalls(b, Direct(newPhonebook().register))
}

func loopback(b *testing.B) net.Listener {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return listener
}

func benchmarkCalls(b *testing.B, conn grpc.ClientConnInterface) {
	client := sessionv1.NewSessionServiceClient(conn)
	body := make([]byte, 630)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if _, err := client.InvokeService(ctx, &sessionv1.InvokeServiceRequest{Body: body}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetParallelism(64)
	before := processCPU(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		asked := &sessionv1.InvokeServiceRequest{SessionId: "0123456789abcdef0123456789abcdef", Body: body}
		for pb.Next() {
			if _, err := client.InvokeService(ctx, asked); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(processCPU(b)-before)/float64(b.N), "cpu-ns/op")
}

func processCPU(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
