// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"time"
)

// serviceSlot is how much longer than its limit a service may take, because
// the calls that begin in the same slot share one deadline: a timer for each
// request would cost more than what it guards.
const serviceSlot = time.Second

// serviceContext is what the calls of one slot share. It is not cancelled
// when a call returns; it ends by its deadline.
type serviceContext struct {
	context.Context
	base  *context.Context
	until time.Time
}

// serviceContext is the context of a service that begins now.
func (m *Manager) serviceContext() context.Context {
	now, base := m.now(), m.base.Load()
	shared := m.slot.Load()
	if shared == nil || shared.base != base || !now.Before(shared.until) {
		ctx, cancel := context.WithTimeout(*base, m.limits.ServiceTimeout+serviceSlot)
		context.AfterFunc(ctx, cancel)
		shared = &serviceContext{Context: ctx, base: base, until: now.Add(serviceSlot)}
		m.slot.Store(shared)
	}
	return shared.Context
}
