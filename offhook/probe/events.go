// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// events are the names of the events that each monitor got, in order.
type events struct {
	mutex sync.Mutex
	// monitors in the order of their lines.
	monitors []csta.MonitorCrossRefID
	names    map[csta.MonitorCrossRefID][]string
	// changed gets a value when there is a new event; done is closed after the
	// last.
	changed, done chan struct{}
}

func (e *events) follow(monitor csta.MonitorCrossRefID) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.monitors = append(e.monitors, monitor)
}

func (e *events) add(event cstaclient.Summary) {
	e.mutex.Lock()
	e.names[event.Monitor] = append(e.names[event.Monitor], event.Event)
	e.mutex.Unlock()
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// seen are the names at a line's monitor.
func (e *events) seen(line int) []string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.Clone(e.names[e.monitors[line]])
}

// await waits until each line's monitor has got so many events of a name.
func (e *events) await(ctx context.Context, name string, wants ...int) error {
	for {
		missing := -1
		for line, want := range wants {
			if count(e.seen(line), name) < want {
				missing = line
			}
		}
		if missing < 0 {
			return nil
		}
		select {
		case <-e.changed:
		case <-e.done:
			return fmt.Errorf("no %s event: %w", name, cstaclient.ErrEnded)
		case <-ctx.Done():
			return fmt.Errorf("no %s event at monitor %d: %w", name, missing+1, ctx.Err())
		}
	}
}

func count(names []string, name string) int {
	n := 0
	for _, got := range names {
		if got == name {
			n++
		}
	}
	return n
}
