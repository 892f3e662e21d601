// SPDX-License-Identifier: Apache-2.0

package sessionmanager

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

func TestGranted(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		asked, keepalive, want time.Duration
		ok                     bool
	}{
		{none, 5 * time.Minute, 5 * time.Minute, true},
		{none, 0, 5 * time.Minute, true},
		{time.Hour, 5 * time.Minute, 5 * time.Minute, true},
		{2 * time.Minute, 5 * time.Minute, 2 * time.Minute, true},
		{time.Minute, time.Minute, time.Minute, true},
		{59 * time.Second, 5 * time.Minute, 0, false},
		{none, 2 * time.Hour, time.Hour, true},
		{none, time.Second, time.Minute, true},
	} {
		if got, ok := granted(c.asked, c.keepalive); got != c.want || ok != c.ok {
			t.Errorf("granted(%v, %v) = %v, %v, want %v, %v", c.asked, c.keepalive, got, ok, c.want, c.ok)
		}
	}
}

func TestJudge(t *testing.T) {
	now := time.Unix(1000, 0)
	registered := func(seen bool, left time.Duration) *statev1.SessionManagerRecord {
		return &statev1.SessionManagerRecord{CallId: "run-1", SessionSeen: seen, Expires: timestamppb.New(now.Add(left))}
	}
	const unknown = -1
	for _, c := range []struct {
		name     string
		before   *statev1.SessionManagerRecord
		callID   string
		sessions int
		want     verdict
	}{
		{"first", nil, "run-1", 0, verdict{answer: true}},
		{"first, with a session", nil, "run-1", 1, verdict{answer: true, seen: true}},
		{"first, csta-session silent", nil, "run-1", unknown, verdict{answer: true}},
		{"none yet", registered(false, time.Minute), "run-1", 0, verdict{answer: true}},
		{"session there", registered(false, time.Minute), "run-1", 2, verdict{answer: true, seen: true}},
		{"session still there", registered(true, time.Minute), "run-1", 1, verdict{answer: true, seen: true}},
		{"session gone", registered(true, time.Minute), "run-1", 0, verdict{answer: false, seen: true}},
		{"session seen, csta-session silent", registered(true, time.Minute), "run-1", unknown, verdict{answer: true, seen: true}},
		{"another run", registered(true, time.Minute), "run-2", 0, verdict{answer: true}},
		{"ran out", registered(true, 0), "run-1", 0, verdict{answer: true}},
	} {
		if got := judge(c.before, c.callID, c.sessions, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
