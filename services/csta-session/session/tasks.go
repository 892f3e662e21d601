// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

const (
	taskWorkers = 8
	maxTasks    = 4096
)

// tasks is work that no caller waits for: telling other services that a session
// ended, asking whether an old dialog lives. When full, a task is dropped and
// counted: expiry and the monitors' own check of sessions make up for it.
type tasks struct {
	queue   chan func(context.Context)
	dropped prometheus.Counter
}

func newTasks(dropped prometheus.Counter) *tasks {
	return &tasks{queue: make(chan func(context.Context), maxTasks), dropped: dropped}
}

// add queues a task without waiting.
func (t *tasks) add(task func(context.Context)) {
	select {
	case t.queue <- task:
	default:
		t.dropped.Inc()
	}
}

// run works tasks off until the context ends.
func (t *tasks) run(ctx context.Context) error {
	var workers errgroup.Group
	for range taskWorkers {
		workers.Go(func() error {
			for {
				select {
				case task := <-t.queue:
					task(ctx)
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
	}
	return workers.Wait()
}
