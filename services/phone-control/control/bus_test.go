// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"log/slog"
	"testing"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/simulated"
	"offhook.dev/services/targetconfig"
)

// TestRestartContinuesNumbering runs a target twice on one bus, with real
// leases, and reads its events as a monitor does.
func TestRestartContinuesNumbering(t *testing.T) {
	b := bustest.Run(t).Connect(t)
	logger := slog.New(slog.DiscardHandler)
	events := make(chan *ctiv1.Event, 256)
	ctx, cancel := context.WithCancel(context.Background())
	reading, read := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(read)
		_ = b.ReadEvents(ctx, bus.ReaderOptions{Target: "cme", FromStart: true, OnReading: func() { reading <- struct{}{} }},
			func(d bus.Delivery) {
				if d.Gap != nil {
					t.Errorf("events are missing: %+v", d.Gap)
				}
				for _, event := range d.Batch.GetEvents() {
					events <- event
				}
			})
	}()
	defer func() { cancel(); <-read }()
	receive(t, reading, "reader")

	var number uint64
	var calls []string
	for run := range 2 {
		runContext, stop := context.WithCancel(context.Background())
		leases, err := directory.New(directory.Options{Bus: b, Logger: logger})
		if err != nil {
			t.Fatal(err)
		}
		running := make(chan struct{}, 8)
		server := NewServer(Options{
			Replica: &statev1.Replica{Id: "pc-0", Service: directory.PhoneControl}, Leases: leases, Logger: logger,
			Source: targetconfig.NewStatic(snapshotOf(t, atOnce(), "1001", "1002")),
			Events: func(ctx context.Context, target string, epoch uint64) (EventWriter, error) {
				return b.NewEventWriter(ctx, target, epoch, bus.EventWriterOptions{})
			},
			Driver: func(target *targetconfig.Target, loop Loop) (Driver, error) {
				return &startedDriver{HandingOver: simulated.New(target, loop), running: running}, nil
			},
		})
		done := make(chan struct{}, 2)
		go func() { _ = leases.Run(runContext); done <- struct{}{} }()
		serverContext, stopServer := context.WithCancel(runContext)
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Run(serverContext) }()
		receive(t, running, "running driver")
		next := func() {
			t.Helper()
			event := receive(t, events, "event")
			number++
			if event.GetNumber() != number {
				t.Fatalf("run %d: event has number %d, want %d", run, event.GetNumber(), number)
			}
		}
		next() // both lines come in service
		next()
		response, err := server.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{
			Target: "cme", CallingDevice: "1001", CalledDirectoryNumber: "1002",
			AutoOriginate: phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT,
		})
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, response.GetCallingDevice().GetCallId())
		for range 4 {
			next()
		}
		stopServer()
		<-served
		stop()
		<-done
	}
	if calls[0] == calls[1] {
		t.Errorf("both owners named a call %s", calls[0])
	}
}
