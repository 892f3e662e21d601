// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"errors"
	"testing"
	"time"
)

var epoch = time.Unix(1_000_000, 0)

func added(t *testing.T, table *Table, line, device, contact string, expires time.Duration) *Subscription {
	t.Helper()
	s := &Subscription{Package: Dialog, Line: line, Device: device, Contact: contact}
	if _, err := table.Add(s, epoch.Add(expires)); err != nil {
		t.Fatal(err)
	}
	return s
}

func next(t *testing.T, table *Table, want *Subscription) Notice {
	t.Helper()
	notice, ok := table.Next()
	if ok != (want != nil) || ok && notice.Subscription != want {
		t.Fatalf("next is %+v, %v; want %+v", notice, ok, want)
	}
	return notice
}

func TestOneNotifyAtATime(t *testing.T) {
	table := NewTable(Limits{})
	s := added(t, table, "1001", "a", "", time.Hour)
	table.Changed(Dialog, "1001")
	next(t, table, nil) // its SUBSCRIBE has no answer yet
	table.Established(s)
	if notice := next(t, table, s); !notice.Full {
		t.Error("the first is not full")
	}
	table.Changed(Dialog, "1001")
	table.Changed(Dialog, "1001")
	table.Changed(Dialog, "1002")
	table.Changed(MessageSummary, "1001")
	next(t, table, nil) // the first has no answer yet
	table.Answered(s)
	if notice := next(t, table, s); notice.Full {
		t.Error("a change is told in full")
	}
	table.Answered(s)
	next(t, table, nil)
	table.Refresh(s, epoch.Add(2*time.Hour), "")
	if notice := next(t, table, s); !notice.Full || !notice.Expires.Equal(epoch.Add(2*time.Hour)) {
		t.Errorf("after the refresh: %+v", notice)
	}
	table.Refresh(s, epoch.Add(2*time.Hour), "doNotDisturb")
	table.End(s, ReasonTimeout)
	table.End(s, ReasonRejected)
	next(t, table, nil)
	table.Answered(s)
	if notice := next(t, table, s); notice.Ended != ReasonTimeout || !notice.Confirm["doNotDisturb"] || table.Len() != 0 {
		t.Errorf("the last: %+v with %d left", notice, table.Len())
	}
	table.Answered(s)
	table.Changed(Dialog, "1001")
	next(t, table, nil)
}

func TestExpiry(t *testing.T) {
	table := NewTable(Limits{})
	if _, ok := table.NextExpiry(); ok {
		t.Error("an empty table has an expiry")
	}
	first, second := added(t, table, "1001", "a", "", time.Minute), added(t, table, "1001", "b", "", time.Hour)
	table.Established(first)
	table.Established(second)
	for range 2 {
		notice, _ := table.Next()
		table.Answered(notice.Subscription)
	}
	table.Refresh(first, epoch.Add(30*time.Minute), "x")
	table.Answered(next(t, table, first).Subscription)
	table.Expire(epoch.Add(time.Minute)) // the bound was kept, nothing ran out
	next(t, table, nil)
	if at, _ := table.NextExpiry(); !at.Equal(epoch.Add(30 * time.Minute)) {
		t.Errorf("next expiry %v", at)
	}
	table.Expire(epoch.Add(30 * time.Minute))
	if notice := next(t, table, first); notice.Ended != ReasonTimeout {
		t.Errorf("ended for %q", notice.Ended)
	}
	if at, ok := table.NextExpiry(); !ok || !at.Equal(epoch.Add(time.Hour)) || table.Len() != 1 {
		t.Errorf("next expiry %v, %v with %d left", at, ok, table.Len())
	}
}

func TestLimits(t *testing.T) {
	table := NewTable(Limits{Subscriptions: 3, PerDevice: 2, PerLine: 1})
	first := added(t, table, "1001", "a", "here", time.Hour)
	added(t, table, "1002", "a", "here", time.Hour)
	refused := func(line, device string, want error) {
		t.Helper()
		s := &Subscription{Package: Dialog, Line: line, Device: device}
		if _, err := table.Add(s, epoch.Add(time.Hour)); !errors.Is(err, want) {
			t.Errorf("%s to %s: %v, want %v", device, line, err, want)
		}
	}
	refused("1003", "a", ErrOwnLimit) // the phone's
	refused("1001", "b", ErrOwnLimit) // the line's
	added(t, table, "1003", "b", "", time.Hour)
	refused("1004", "c", ErrTableFull)
	// One that replaces another needs no room.
	again := &Subscription{Package: Dialog, Line: "1001", Device: "a", Contact: "here"}
	if replaced, err := table.Add(again, epoch.Add(time.Hour)); err != nil || len(replaced) != 1 || replaced[0] != first {
		t.Errorf("replaced %v, %v", replaced, err)
	}
	if table.Len() != 3 || table.Count(Dialog) != 3 || !table.Subscribed(Dialog, "1001", "a") || table.Subscribed(Dialog, "1001", "b") {
		t.Errorf("%d subscriptions, %d of dialog", table.Len(), table.Count(Dialog))
	}
}
