// SPDX-License-Identifier: Apache-2.0

package session

import (
	"sync"
	"time"
)

// maxProbed bounds what is remembered of probes. When full, all that is over
// is forgotten, and what is left does no harm: one probe more.
const maxProbed = 16384

// probed remembers which sessions were probed lately, so that many sessions of
// one user and line, opened one after the other, do not probe one another each
// time. It is safe for concurrent use.
type probed struct {
	mu sync.Mutex
	at map[string]time.Time
}

// due reports whether a session has not been probed for an interval, and takes
// it as probed now.
func (p *probed) due(id string, now time.Time, interval time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.at[id]; ok && now.Sub(at) < interval {
		return false
	}
	if p.at == nil {
		p.at = make(map[string]time.Time)
	}
	if len(p.at) >= maxProbed {
		p.forget(now, interval)
	}
	p.at[id] = now
	return true
}

func (p *probed) forget(now time.Time, interval time.Duration) {
	for id, at := range p.at {
		if now.Sub(at) >= interval || len(p.at) >= maxProbed {
			delete(p.at, id)
		}
	}
}
