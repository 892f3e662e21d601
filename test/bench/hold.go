// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"offhook.dev/test/bench/load"
)

// idle is the live heap that one idle session takes, in bytes, over all of the
// system's own processes.
func idle(s *system, n, pairs int) (float64, error) {
	before, err := s.heap()
	if err != nil {
		return 0, err
	}
	sessions, err := openSessions(s, n, func(i int) string { return caller(i % pairs) }, nil)
	if err != nil {
		return 0, err
	}
	defer closeSessions(sessions)
	after, err := s.heap()
	if err != nil {
		return 0, err
	}
	return (after - before) / float64(n), nil
}

// spread is what it takes to tell many applications of a call.
type spread struct {
	watchers, calls int
	// delivered are the events that reached the applications.
	delivered int
	cpu       time.Duration
	// last are the times, sorted, from the response to MakeCall until the last
	// application knew that the call is established.
	last []time.Duration
}

func (s spread) cpuPerEvent() time.Duration { return s.cpu / time.Duration(max(s.delivered, 1)) }

func (s spread) median() time.Duration { return s.last[len(s.last)/2] }

// arrivals counts events and tells when all sessions had the one waited for.
type arrivals struct {
	total, left atomic.Int64
	wanted      atomic.Pointer[string]
	all         chan struct{}
}

func (a *arrivals) arrive(body []byte) {
	a.total.Add(1)
	if wanted := a.wanted.Load(); wanted != nil && bytes.Contains(body, []byte(*wanted)) && a.left.Add(-1) == 0 {
		a.all <- struct{}{}
	}
}

func (a *arrivals) expect(event string, n int) {
	a.left.Store(int64(n))
	a.wanted.Store(&event)
}

func (a *arrivals) await() error {
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	select {
	case <-a.all:
		return nil
	case <-timeout.C:
		return fmt.Errorf("%d applications were not told of %s", a.left.Load(), *a.wanted.Load())
	}
}

// fanOut has many sessions monitor one line and makes calls from it, one after
// the other.
func fanOut(s *system, watchers, calls, pairs int) (spread, error) {
	arrived := &arrivals{all: make(chan struct{}, 1)}
	sessions, err := openSessions(s, watchers, func(i int) string { return callee(i % pairs) }, arrived.arrive)
	if err != nil {
		return spread{}, err
	}
	defer closeSessions(sessions)
	for _, session := range sessions {
		if err := expectAnswer(session, monitorBody(caller(0)), "MonitorStartResponse"); err != nil {
			return spread{}, err
		}
	}
	maker, err := openSessions(s, 1, caller, nil)
	if err != nil {
		return spread{}, err
	}
	defer closeSessions(maker)
	figures := spread{watchers: watchers, calls: calls}
	if _, err := watchedCall(maker[0], arrived, watchers); err != nil { // warms up
		return spread{}, err
	}
	warm := arrived.total.Load()
	before, err := s.cpu()
	if err != nil {
		return spread{}, err
	}
	for range calls {
		took, err := watchedCall(maker[0], arrived, watchers)
		if err != nil {
			return spread{}, err
		}
		figures.last = append(figures.last, took)
	}
	after, err := s.cpu()
	if err != nil {
		return spread{}, err
	}
	figures.cpu, figures.delivered = after-before, int(arrived.total.Load()-warm)
	slices.Sort(figures.last)
	if each := int(warm) / watchers; int(warm) != each*watchers || figures.delivered != each*watchers*calls {
		return spread{}, fmt.Errorf("%d calls gave %d events at %d applications, the one before them %d", calls, figures.delivered, watchers, warm)
	}
	return figures, nil
}

// watchedCall makes and clears one call and says how long the last application
// waited to know that it is established.
func watchedCall(maker *load.Session, arrived *arrivals, watchers int) (time.Duration, error) {
	arrived.expect("<EstablishedEvent", watchers)
	made, err := maker.Invoke(makeCallBody(caller(0), callee(0)))
	if err != nil {
		return 0, err
	}
	answered := time.Now()
	callID := element(made.Body, "callID")
	if made.Status != 200 || callID == "" {
		return 0, fmt.Errorf("MakeCall answered %d %s", made.Status, made.Body)
	}
	if err := arrived.await(); err != nil {
		return 0, err
	}
	took := time.Since(answered)
	arrived.expect("<ConnectionClearedEvent", watchers)
	return took, errors.Join(expectAnswer(maker, clearBody(callID, caller(0)), "ClearConnectionResponse"), arrived.await())
}

func expectAnswer(session *load.Session, body []byte, response string) error {
	answer, err := session.Invoke(body)
	if err != nil {
		return err
	}
	if answer.Status != 200 || !bytes.Contains(answer.Body, []byte(response)) {
		return fmt.Errorf("expected %s: %d %s", response, answer.Status, answer.Body)
	}
	return nil
}
