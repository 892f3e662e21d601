// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"offhook.dev/services/phone-control/mixer/sound"
)

// RTPMixer mixes in this process. It is safe for concurrent use.
//
// Locks are taken in the order RTPMixer.mu, conference.mu, port.mu. Nothing of a
// caller is called under any of them.
type RTPMixer struct {
	settings Settings
	sounds   map[Source]*sound.Sound            // the same in all countries
	plans    map[string]map[Source]*sound.Sound // by tone plan
	listen   func(port uint16) (socket, error)
	clocks   []*clock
	readers  sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	ports       map[*port]struct{}
	taken       map[uint16]struct{}
	cursor      uint16
	conferences map[string]*conference
	lastID      uint64
}

var _ Mixer = (*RTPMixer)(nil)

// New makes a mixer. It reads the sound files, and opens no port yet.
func New(settings Settings) (*RTPMixer, error) {
	if err := settings.Validate(); err != nil {
		return nil, fmt.Errorf("check mixer settings: %w", err)
	}
	m := &RTPMixer{
		settings:    settings,
		ports:       make(map[*port]struct{}),
		taken:       make(map[uint16]struct{}),
		conferences: make(map[string]*conference),
	}
	m.listen = m.listenUDP
	if err := m.makeSounds(); err != nil {
		return nil, err
	}
	for range settings.Clocks {
		c := &clock{metrics: settings.Metrics}
		c.items.Store(new([]ticked))
		m.clocks = append(m.clocks, c)
	}
	// A start by chance makes ports hard to guess (and late packets of a former
	// process end nowhere).
	if first, last := settings.evenPorts(); last > first {
		m.cursor = first + 2*uint16(rand.IntN(int(last-first)/2)) // #nosec G404 -- not a secret
	}
	return m, nil
}

// Run mixes until the context ends, then closes all ports. Ports may be opened
// before; they are silent until Run.
func (m *RTPMixer) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, c := range m.clocks {
		running.Go(func() { c.run(ctx) })
	}
	running.Wait()
	m.mu.Lock()
	m.closed = true
	left := make([]*port, 0, len(m.ports))
	for p := range m.ports {
		left = append(left, p)
	}
	m.mu.Unlock()
	for _, p := range left {
		p.Close()
	}
	m.readers.Wait()
	return nil
}

// Open implements Mixer.
func (m *RTPMixer) Open(options PortOptions) (Port, error) {
	if options.TonePlan == "" {
		options.TonePlan = m.settings.TonePlan
	}
	if _, ok := m.plans[options.TonePlan]; !ok {
		return nil, fmt.Errorf("open rtp port: %w: %q", ErrUnknownTonePlan, options.TonePlan)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	if len(m.ports) >= m.settings.MaxPorts {
		m.settings.Metrics.refuse(refusedPorts)
		return nil, fmt.Errorf("open rtp port: %w: %d are open", ErrNoPorts, len(m.ports))
	}
	s, number, err := m.allocate()
	if err != nil {
		m.settings.Metrics.refuse(refusedPorts)
		return nil, fmt.Errorf("open rtp port: %w", err)
	}
	m.lastID++
	p := newPort(m, m.lastID, s, number, options)
	p.clock = m.idlest()
	p.clock.add(p, 1)
	m.ports[p] = struct{}{}
	m.settings.Metrics.addPorts(1)
	m.readers.Go(p.receive)
	return p, nil
}

// release gives the port's number back. The caller holds mu.
func (m *RTPMixer) release(p *port) {
	delete(m.ports, p)
	delete(m.taken, p.number)
	p.clock.remove(p, 1)
	m.settings.Metrics.addPorts(-1)
}

// idlest is the clock with the least to do.
func (m *RTPMixer) idlest() *clock {
	best := m.clocks[0]
	for _, c := range m.clocks[1:] {
		if c.load.Load() < best.load.Load() {
			best = c
		}
	}
	return best
}

// join puts a port into a conference. The caller holds mu.
func (m *RTPMixer) join(p *port, wanted Conference, participation Participation) error {
	if p.member != nil && p.member.name == wanted.Name {
		p.member.change(p, participation)
		return nil
	}
	c, ok := m.conferences[wanted.Name]
	if !ok {
		if len(m.conferences) >= m.settings.MaxConferences && !m.leavesEmpty(p) {
			m.settings.Metrics.refuse(refusedConferences)
			return ErrNoConferences
		}
		c = &conference{name: wanted.Name, clock: m.idlest()}
	}
	limit := m.settings.ConferenceParties
	if wanted.MaxParties > 0 {
		limit = min(limit, wanted.MaxParties)
	}
	if c.size() >= limit {
		m.settings.Metrics.refuse(refusedParties)
		return ErrConferenceFull
	}
	m.leave(p)
	if !ok {
		m.conferences[c.name] = c
		c.clock.add(c, 0)
		m.settings.Metrics.addConferences(1)
	}
	c.clock.load.Add(1)
	c.enter(p, participation)
	p.member = c
	m.settings.Metrics.addParties(1)
	return nil
}

func (m *RTPMixer) leavesEmpty(p *port) bool { return p.member != nil && p.member.size() == 1 }

// leave takes a port out of the conference that it is in, if any. The caller
// holds mu.
func (m *RTPMixer) leave(p *port) {
	c := p.member
	if c == nil {
		return
	}
	p.member = nil
	c.exit(p)
	c.clock.load.Add(-1)
	if c.size() == 0 {
		delete(m.conferences, c.name)
		c.clock.remove(c, 0)
		m.settings.Metrics.addConferences(-1)
	}
	m.settings.Metrics.addParties(-1)
}

// sound finds a source for a port.
func (m *RTPMixer) sound(source Source, plan string) (*sound.Sound, error) {
	if s, ok := m.sounds[source]; ok {
		return s, nil
	}
	if s, ok := m.plans[plan][source]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownSource, source)
}

func (m *RTPMixer) makeSounds() error {
	m.sounds = map[Source]*sound.Sound{Silence: sound.Silence()}
	if m.settings.MusicFile == "" {
		m.sounds[Music] = sound.Melody()
	} else {
		music, err := sound.ReadFile(m.settings.MusicFile, mostAnnouncement, true)
		if err != nil {
			return fmt.Errorf("make music on hold: %w", err)
		}
		m.sounds[Music] = music
	}
	for name, file := range m.settings.Announcements {
		announcement, err := sound.ReadFile(file, mostAnnouncement, false)
		if err != nil {
			return fmt.Errorf("make announcement %s: %w", name, err)
		}
		m.sounds[Announcement(name)] = announcement
	}
	m.plans = make(map[string]map[Source]*sound.Sound)
	for _, country := range sound.Countries() {
		plan, _ := sound.PlanOf(country)
		m.plans[country] = map[Source]*sound.Sound{
			Dial: plan.Dial.Sound(), Ringback: plan.Ringback.Sound(), Busy: plan.Busy.Sound(), Reorder: plan.Reorder.Sound(),
		}
	}
	if _, ok := m.plans[m.settings.TonePlan]; !ok {
		return fmt.Errorf("check mixer settings: %w: %q", ErrUnknownTonePlan, m.settings.TonePlan)
	}
	return nil
}
