// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// tasks are the goroutines of a process, each with its own context so that they
// can be ended in order.
type tasks struct {
	parent context.Context
	// failed takes the first return that was not asked for.
	failed  chan error
	started []*task
}

type task struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func newTasks(parent context.Context) *tasks {
	return &tasks{parent: parent, failed: make(chan error, 1)}
}

// start runs a function until its task is stopped.
func (t *tasks) start(name string, run func(context.Context) error) *task {
	ctx, cancel := context.WithCancel(t.parent)
	started := &task{name: name, cancel: cancel, done: make(chan struct{})}
	t.started = append(t.started, started)
	go func() {
		defer close(started.done)
		err := run(ctx)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				started.err = fmt.Errorf("%s: %w", name, err)
			}
			return
		}
		if err == nil {
			err = errors.New("ended by itself")
		}
		select {
		case t.failed <- fmt.Errorf("%s: %w", name, err):
		default:
		}
	}()
	return started
}

// stop ends a task and waits for it; stopping twice is no error.
func (t *task) stop() error {
	t.cancel()
	<-t.done
	return t.err
}

// stopAll ends what is left, last started first, and joins the errors.
func (t *tasks) stopAll() error {
	var failed []error
	for _, v := range slices.Backward(t.started) {
		failed = append(failed, v.stop())
	}
	return errors.Join(failed...)
}
