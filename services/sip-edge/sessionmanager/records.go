// SPDX-License-Identifier: Apache-2.0

package sessionmanager

import (
	"context"
	"errors"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/targetconfig"
)

// Key is the key of a session manager's record.
func Key(target, registerID string) string {
	return bus.EncodeKey(target) + "." + bus.EncodeKey(registerID)
}

// SessionOpened notes that a user has opened a CSTA session, so that the
// keepalives of its session managers depend on it from now on.
func (s *Server) SessionOpened(ctx context.Context, user *targetconfig.User) {
	for _, manager := range user.Target.SessionManagers {
		if manager.User != user || !manager.GetCtiAware() {
			continue
		}
		if err := s.markSeen(ctx, Key(user.Target.Name, manager.GetRegisterId())); err != nil {
			s.log.Warn("note the session of a session manager", "target", user.Target.Name, "register_id", manager.GetRegisterId(), "error", err)
		}
	}
}

// markSeen tries again where a keepalive was written meanwhile.
func (s *Server) markSeen(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	for {
		entry, err := s.options.Records.Get(ctx, key)
		switch {
		case errors.Is(err, bus.ErrNotFound):
			return nil
		case err != nil:
			return err
		case entry.Value.GetSessionSeen():
			return nil
		}
		entry.Value.SessionSeen = true
		if _, err = s.options.Records.Update(ctx, key, entry.Value, entry.Revision); !errors.Is(err, bus.ErrConflict) {
			return err
		}
	}
}

// Run removes records that ran out or whose session manager is configured no
// longer, until the context ends.
func (s *Server) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.options.SweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("sweep session managers", "error", err)
			}
		}
	}
}

func (s *Server) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.SweepInterval)
	defer cancel()
	entries, err := s.options.Records.List(ctx, ">")
	if err != nil {
		return err
	}
	snapshot, now := s.options.Targets.Snapshot(), s.options.Now()
	left := 0
	var failed []error
	for _, entry := range entries {
		if isConfigured(snapshot, entry.Value) && entry.Value.GetExpires().AsTime().After(now) {
			left++
			continue
		}
		// Another edge may have written a keepalive, or swept before.
		if err := s.options.Records.DeleteRevision(ctx, entry.Key, entry.Revision); err != nil && !errors.Is(err, bus.ErrConflict) {
			failed = append(failed, err)
		}
	}
	s.known.Set(float64(left))
	return errors.Join(failed...)
}

func isConfigured(snapshot *targetconfig.Snapshot, record *statev1.SessionManagerRecord) bool {
	target, ok := snapshot.TargetByName(record.GetTarget())
	if !ok {
		return false
	}
	_, ok = target.SessionManager(record.GetRegisterId())
	return ok
}
