// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// await returns when the process must end: nil after a complete drain that a
// signal asked for, or had asked for already; else what failed.
func (s *server) await(asked bool) error {
	if !asked {
		select {
		case err := <-s.tasks.failed:
			s.readiness.draining.Store(true)
			s.logger.Error("failed", "error", err)
			return err
		case <-s.out.signals:
		}
	}
	s.logger.Info("draining")
	draining, cancel := context.WithTimeoutCause(s.tasks.parent, time.Duration(s.common.Drain.Timeout), errors.New("drain.timeout is over"))
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- s.drain(draining) }()
	select {
	case err := <-drained:
		if err != nil {
			return fmt.Errorf("drain is not complete: %w", err)
		}
		return nil
	case received := <-s.out.signals:
		cancel()
		if err := <-drained; err != nil {
			s.logger.Warn("drain is not complete", "error", err)
		}
		return fmt.Errorf("cut off by a second signal (%s)", received)
	case err := <-s.tasks.failed:
		cancel()
		if err := <-drained; err != nil {
			s.logger.Warn("drain is not complete", "error", err)
		}
		return fmt.Errorf("failed while draining: %w", err)
	}
}

// drain hands the work over, step by step: nobody new comes, the component lets
// go of what it has, the calls under way end, and the replica is gone.
func (s *server) drain(ctx context.Context) error {
	s.readiness.draining.Store(true)
	if err := s.directory.SetDraining(ctx, s.replica.GetId()); err != nil {
		s.logger.Warn("tell of the drain", "error", err)
	}
	if err := wait(ctx, time.Duration(s.common.Drain.Delay)); err != nil {
		return err
	}
	var failed []error
	if drainer, ok := s.component.(Drainer); ok {
		if err := drainer.Drain(ctx); err != nil {
			failed = append(failed, fmt.Errorf("drain component: %w", err))
		}
	}
	failed = append(failed, s.announcing.stop())
	s.links.Drain()
	finished := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		failed = append(failed, fmt.Errorf("calls were cut off: %w", context.Cause(ctx)))
		s.grpc.Stop()
		<-finished
	}
	return errors.Join(failed...)
}

// end stops what runs: the component first, then what it stands on.
func (s *server) end() error {
	var failed []error
	if s.running != nil {
		failed = append(failed, s.running.stop())
	}
	failed = append(failed, s.tasks.stopAll())
	if s.bus != nil {
		s.bus.Close()
	}
	if s.listener != nil {
		_ = s.listener.Close()
	}
	return errors.Join(failed...)
}

func wait(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
