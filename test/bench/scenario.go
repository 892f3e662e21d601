// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"offhook.dev/test/bench/load"
)

// running is a form under load with the sessions that bring it.
type running struct {
	*system
	sessions []*load.Session
}

// run goes through the plan, and tells of its progress.
func run(p plan, progress io.Writer) (*measurements, error) {
	_, _ = fmt.Fprintln(progress, "building")
	place, err := prepare(p)
	if err != nil {
		return nil, err
	}
	defer place.remove()
	measured := newMeasurements(p)
	var forms []*running
	defer func() {
		for _, form := range forms {
			form.stop()
		}
	}()
	for _, name := range p.forms {
		system, err := place.start(name)
		if errors.Is(err, errNoNATS) {
			measured.skip(name, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		form := &running{system: system}
		forms = append(forms, form)
		if form.sessions, err = openSessions(system, p.pairs, caller, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for round := range p.rounds {
		for _, form := range forms {
			_, _ = fmt.Fprintf(progress, "round %d of %d: %s\n", round+1, p.rounds, form.name)
			if err := measured.load(form, round); err != nil {
				return nil, fmt.Errorf("%s: %w", form.name, err)
			}
		}
	}
	for _, form := range forms {
		closeSessions(form.sessions)
		if form.name == formBaseline {
			continue
		}
		if err := measured.hold(form, progress); err != nil {
			return nil, fmt.Errorf("%s: %w", form.name, err)
		}
	}
	return measured, nil
}

// load does one round of requests on one form.
func (m *measurements) load(form *running, round int) error {
	if m.plan.has(partInfo) {
		request := snapshot
		if form.name == formBaseline {
			request = canned
		}
		units := make([]invoke, len(form.sessions))
		for pair := range units {
			units[pair] = request(caller(pair))
		}
		if round == 0 { // connections, pools and heap find their size
			if _, err := saturate(form.system, form.sessions, m.plan.window, m.plan.requests/10, units); err != nil {
				return err
			}
		}
		if err := m.saturate(form, partInfo, round, m.plan.window, m.plan.requests, units); err != nil {
			return err
		}
	}
	if m.plan.has(partCalls) && form.name != formBaseline {
		units := make([]invoke, len(form.sessions))
		for pair := range units {
			units[pair] = makeAndClear(caller(pair), callee(pair))
		}
		return m.saturate(form, partCalls, round, 1, m.plan.calls, units)
	}
	return nil
}

func (m *measurements) saturate(form *running, part string, round, window, total int, units []invoke) error {
	profiled := m.profile(form.system, part, round)
	figures, err := saturate(form.system, form.sessions, window, total, units)
	if err := errors.Join(err, profiled()); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	m.add(form.name, part, figures)
	return nil
}

// hold measures what is held: idle sessions, then monitors and their events.
func (m *measurements) hold(form *running, progress io.Writer) error {
	if m.plan.has(partIdle) {
		_, _ = fmt.Fprintf(progress, "idle sessions: %s\n", form.name)
		bytes, err := idle(form.system, m.plan.idle, m.plan.pairs)
		if err != nil {
			return err
		}
		m.heapPerSession[form.name] = bytes
	}
	if m.plan.has(partEvents) {
		_, _ = fmt.Fprintf(progress, "events: %s\n", form.name)
		profiled := m.profile(form.system, partEvents, 0)
		figures, err := fanOut(form.system, m.plan.watchers, m.plan.watched, m.plan.pairs)
		if err := errors.Join(err, profiled()); err != nil {
			return err
		}
		m.events[form.name] = figures
	}
	return nil
}

// openers bounds the sessions that are opened at a time.
const openers = 16

// openSessions opens n sessions, each on its line.
func openSessions(s *system, n int, line func(int) string, onEvent func([]byte)) ([]*load.Session, error) {
	target := load.Target{Address: s.sip, Domain: domain, Password: password}
	sessions, failures := make([]*load.Session, n), make([]error, n)
	var next sync.WaitGroup
	free := make(chan struct{}, openers)
	for i := range n {
		free <- struct{}{}
		next.Go(func() {
			sessions[i], failures[i] = load.Open(target, user, line(i), openBody(), onEvent)
			<-free
		})
	}
	next.Wait()
	if err := errors.Join(failures...); err != nil {
		closeSessions(sessions)
		return nil, fmt.Errorf("open %d sessions: %w", n, err)
	}
	return sessions, nil
}

func closeSessions(sessions []*load.Session) {
	var next sync.WaitGroup
	for part := range slices.Chunk(sessions, max(1, (len(sessions)+openers-1)/openers)) {
		next.Go(func() {
			for _, session := range part {
				if session != nil {
					session.Close()
				}
			}
		})
	}
	next.Wait()
}
