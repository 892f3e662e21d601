// SPDX-License-Identifier: Apache-2.0

package bus_test

import (
	"context"
	"testing"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
)

// BenchmarkEvents appends events one by one and waits until a reader has all.
func BenchmarkEvents(b *testing.B) {
	connected := bustest.Run(b).Connect(b)
	w, err := connected.NewEventWriter(b.Context(), "branch-1", 1, bus.EventWriterOptions{MaxPending: 1 << 20})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	inPlace, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		read := 0
		_ = connected.ReadEvents(ctx, bus.ReaderOptions{OnReading: func() { close(inPlace) }}, func(d bus.Delivery) {
			if read += len(d.Batch.GetEvents()); read == b.N {
				cancel()
			}
		})
	}()
	<-inPlace
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		event := &ctiv1.Event{Number: uint64(i + 1), CallId: "call", Cause: "newCall", Event: &ctiv1.Event_Delivered{
			Delivered: &ctiv1.Delivered{AlertingDevice: "1001", CallingDevice: "1002", CalledDevice: "1001"},
		}}
		if err := w.Append(event); err != nil {
			b.Fatal(err)
		}
	}
	<-ended
	b.StopTimer()
	if err := w.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}
