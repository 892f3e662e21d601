// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"testing"
	"time"
)

func TestPerSource(t *testing.T) {
	now := time.Unix(1000, 0)
	p := New(Config{PerSecond: 1, Burst: 2, Sources: 2, Now: func() time.Time { return now }})
	for i, want := range []bool{true, true, false} {
		if got := p.Allow("a"); got != want {
			t.Errorf("Allow(a) #%d = %t, want %t", i, got, want)
		}
	}
	if !p.Allow("b") {
		t.Error("a's bucket must not bind b")
	}
	if !p.Exhausted("a") || p.Exhausted("b") || p.Exhausted("unknown") {
		t.Error("only a is exhausted")
	}
	now = now.Add(time.Second)
	if !p.Allow("a") || p.Allow("a") {
		t.Error("one second gives a one token")
	}
}

func TestPerSourceForgetsTheSourceUsedLongestAgo(t *testing.T) {
	now := time.Unix(1000, 0)
	p := New(Config{PerSecond: 1, Burst: 1, Sources: 1, Now: func() time.Time { return now }})
	p.Allow("a")
	p.Allow("b")
	if p.buckets.Len() != 1 {
		t.Fatalf("table holds %d sources, want 1", p.buckets.Len())
	}
}

func TestZeroRateAllowsEverything(t *testing.T) {
	p := New(Config{})
	for range 1000 {
		if !p.Allow("a") || p.Exhausted("a") {
			t.Fatal("refused without a limit")
		}
	}
}

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:5060":              "192.0.2.1",
		"192.0.2.1":                   "192.0.2.1",
		"[::ffff:192.0.2.1]:5060":     "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:5060": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5060":         "fe80::/64",
		"phone.example:5060":          "phone.example",
		"":                            "",
	} {
		if got := Source(in); got != want {
			t.Errorf("Source(%q) = %q, want %q", in, got, want)
		}
	}
}
