// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"offhook.dev/test/bench/load"
)

// result is what one run of one kind of request on one system gave.
type result struct {
	requests   int
	failed     int
	elapsed    time.Duration
	cpu        time.Duration
	latency50  time.Duration
	latency99  time.Duration
	firstFault string
}

func (r result) perSecond() float64 { return float64(r.requests) / r.elapsed.Seconds() }

func (r result) cpuPerRequest() time.Duration { return r.cpu / time.Duration(max(r.requests, 1)) }

// invoke makes one unit of load on a session and says how many requests it was.
type invoke func(session *load.Session) (latencies []time.Duration, err error)

// saturate keeps window units under way on every session, each session's own
// unit, until total are done, and measures the servers' processor time meanwhile.
func saturate(s *system, sessions []*load.Session, window, total int, units []invoke) (result, error) {
	var (
		left      atomic.Int64
		failed    atomic.Int64
		fault     sync.Once
		text      string
		mutex     sync.Mutex
		latencies = make([]time.Duration, 0, total)
		workers   sync.WaitGroup
	)
	left.Store(int64(total))
	before, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	begin := time.Now()
	for i, session := range sessions {
		for range window {
			workers.Go(func() {
				var own []time.Duration
				for left.Add(-1) >= 0 {
					took, err := units[i](session)
					if err != nil {
						failed.Add(1)
						fault.Do(func() { text = err.Error() })
					}
					own = append(own, took...)
				}
				mutex.Lock()
				latencies = append(latencies, own...)
				mutex.Unlock()
			})
		}
	}
	workers.Wait()
	elapsed := time.Since(begin)
	after, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	if len(latencies) == 0 {
		return result{}, fmt.Errorf("no request was answered: %s", text)
	}
	slices.Sort(latencies)
	return result{
		requests: len(latencies), failed: int(failed.Load()), elapsed: elapsed, cpu: after - before,
		latency50: latencies[len(latencies)/2], latency99: latencies[len(latencies)*99/100], firstFault: text,
	}, nil
}

// median of an odd number of runs, by processor time per request.
func median(runs []result) result {
	slices.SortFunc(runs, func(a, b result) int { return int(a.cpuPerRequest() - b.cpuPerRequest()) })
	return runs[len(runs)/2]
}
