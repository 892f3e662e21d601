// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"sync"

	"offhook.dev/operator/internal/status"
	"offhook.dev/operator/internal/translate"
)

// state is what the configuration reconciler found out last, for the status
// reconciler. Its values are not changed after they were put there.
type state struct {
	mu sync.Mutex
	// outcome is nil until objects were translated once.
	outcome *outcome
	world   *status.World
}

type outcome struct {
	translate.Output
	// generations of the objects that were translated.
	generations map[translate.Object]int64
	// unpublished is why the data plane was not given the output.
	unpublished string
}

func (s *state) set(found *outcome, world *status.World) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcome, s.world = found, world
}

func (s *state) get() (*outcome, *status.World) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outcome, s.world
}

// renew replaces the world of an outcome that still counts.
func (s *state) renew(found *outcome, world *status.World) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outcome == found {
		s.world = world
	}
}

// objects that were translated.
func (o *outcome) objects() []translate.Object {
	if o == nil {
		return nil
	}
	list := make([]translate.Object, 0, len(o.generations))
	for object := range o.generations {
		list = append(list, object)
	}
	return list
}
