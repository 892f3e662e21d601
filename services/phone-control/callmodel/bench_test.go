// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"testing"
	"time"
)

func BenchmarkCall(b *testing.B) {
	m, now := benchModel(), time.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		outputs := m.Step(MakeCall{Request: 1, Calling: "1001", Called: "1002", DoNotPrompt: true}, now)
		calling := outputs[len(outputs)-1].(Ring).Leg
		id := outputs[0].(Reply).Connection
		m.Step(LegAnswered{calling}, now)
		called := calling + 1
		m.Step(LegRinging{called}, now)
		m.Step(LegAnswered{called}, now)
		m.Step(MediaSet{calling}, now)
		m.Step(MediaSet{called}, now)
		m.Step(ClearConnection{Request: 2, Connection: id}, now)
	}
}

func BenchmarkSnapshotDevice(b *testing.B) {
	m := benchModel()
	m.Step(Dialled{Dialled: 1, From: "1001", Number: "1002"}, time.Unix(0, 0))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.SnapshotDevice("1001"); err != nil {
			b.Fatal(err)
		}
	}
}

func benchModel() *Model {
	m := New(Options{Prefix: "c"})
	m.Step(SetLines{
		Lines: []Line{{Number: "1001"}, {Number: "1002"}}, NoAnswer: time.Minute, Prompt: time.Minute,
		MaxCalls: 100, MaxCallsPerLine: 2,
	}, time.Unix(0, 0))
	for _, number := range []DeviceID{"1001", "1002"} {
		m.Step(ServiceChanged{Device: number, InService: true}, time.Unix(0, 0))
	}
	return m
}
