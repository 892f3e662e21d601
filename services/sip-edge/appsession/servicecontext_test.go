// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestServiceContextEndsNotLongAfterTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Options{Limits: Limits{ServiceTimeout: 5 * time.Second}})
		m.Serve(t.Context())
		first := m.serviceContext()
		time.Sleep(serviceSlot - time.Millisecond) //nolint:forbidigo // a bubble's clock
		if m.serviceContext() != first {
			t.Error("two services of one slot have different contexts")
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // a bubble's clock
		began := time.Now()
		second := m.serviceContext()
		if second == first {
			t.Error("services of two slots have the same context")
		}
		<-second.Done()
		if took := time.Since(began); took < 5*time.Second || took > 5*time.Second+serviceSlot {
			t.Errorf("the context ended after %s, its limit is 5 s", took)
		}
		if first.Err() == nil {
			t.Error("the earlier context goes on")
		}
	})
}

func TestServiceContextEndsWithItsBase(t *testing.T) {
	m := New(Options{})
	if m.serviceContext().Err() == nil {
		t.Error("a manager that does not serve gives a live context")
	}
	base, cancel := context.WithCancel(t.Context())
	defer cancel()
	m.Serve(base)
	ctx := m.serviceContext()
	if ctx.Err() != nil {
		t.Errorf("the context has ended: %v", ctx.Err())
	}
	cancel()
	if ctx.Err() == nil {
		t.Error("the context outlives its base")
	}
}
