// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"sync"

	"offhook.dev/services/phone-control/mixer/g711"
	"offhook.dev/services/phone-control/mixer/telephoneevent"
)

// party is a port in a conference.
type party struct {
	port   *port
	silent bool
	// audible says that heard has something to add in this frame.
	audible bool
	heard   [frameSamples]int16
	limiter limiter
}

// conference mixes its parties. Its clock calls tick.
type conference struct {
	name  string
	clock *clock

	mu      sync.Mutex
	parties []*party
	limiter limiter // of the mix for those that add nothing to it
}

// mixing is what a clock needs room for while it mixes a conference.
type mixing struct {
	sum, less [frameSamples]int32
	out       [frameSamples]int16
	// common is the mix of all for those that add nothing, made when the first
	// needs it.
	common struct {
		made    bool
		samples [frameSamples]int16
		encoded [2]bool
		octets  [2][frameSamples]byte
	}
	changes telephoneevent.Changes
	octets  [frameSamples]byte
}

func (c *conference) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.parties)
}

func (c *conference) enter(p *port, participation Participation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parties = append(c.parties, &party{port: p, silent: participation == Silent})
	p.setTask(taskConference, nil, nil)
}

func (c *conference) change(p *port, participation Participation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, member := range c.parties {
		if member.port == p {
			member.silent = participation == Silent
			if member.silent {
				c.abandon(p)
			}
		}
	}
}

// exit takes a port out. Afterwards tick does not touch it.
func (c *conference) exit(p *port) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.parties[:0]
	for _, member := range c.parties {
		if member.port != p {
			kept = append(kept, member)
		}
	}
	clear(c.parties[len(kept):])
	c.parties = kept
	c.abandon(p)
	p.setTask(taskNone, nil, nil)
}

// abandon releases the keys that a party holds.
func (c *conference) abandon(p *port) {
	for _, other := range c.parties {
		if other.port != p {
			other.port.abandoned(p.id)
		}
	}
}

// tick mixes 20 ms: everyone gets the sum of all others.
func (c *conference) tick(on *clock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &on.mixing
	clear(m.sum[:])
	m.common.made, m.common.encoded = false, [2]bool{}
	for _, member := range c.parties {
		changes := member.port.hear(member, &m.changes)
		if member.silent {
			member.audible = false
			continue
		}
		if member.audible {
			for i, sample := range member.heard {
				m.sum[i] += int32(sample)
			}
		}
		for _, change := range m.changes[:changes] {
			c.pass(member, change)
		}
	}
	for _, member := range c.parties {
		c.speak(member, m, on)
	}
}

// speak sends a party what it is to hear.
func (c *conference) speak(member *party, m *mixing, on *clock) {
	p := member.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready() {
		p.idle()
		return
	}
	law := p.law()
	if !member.audible {
		c.mixCommon(m, law)
		p.send(m.common.octets[law][:], m, on)
		return
	}
	for i, sample := range member.heard {
		m.less[i] = m.sum[i] - int32(sample)
	}
	member.limiter.limit(&m.out, &m.less)
	law.Encode(m.octets[:], m.out[:])
	p.send(m.octets[:], m, on)
}

// mixCommon makes the mix for those that add nothing, once for each law.
func (c *conference) mixCommon(m *mixing, law g711.Law) {
	if m.common.encoded[law] {
		return
	}
	if !m.common.made {
		c.limiter.limit(&m.common.samples, &m.sum)
		m.common.made = true
	}
	law.Encode(m.common.octets[law][:], m.common.samples[:])
	m.common.encoded[law] = true
}

// pass gives the others a digit that a party began or ended.
func (c *conference) pass(from *party, change telephoneevent.Change) {
	for _, other := range c.parties {
		if other != from {
			other.port.pass(from.port.id, change)
		}
	}
}
