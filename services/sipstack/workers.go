// SPDX-License-Identifier: Apache-2.0

package sipstack

import "sync"

// workers run call queues. A worker that has nothing to do waits a while for
// the next call, so that stacks which have grown are used again.
type workers struct {
	mu     sync.Mutex
	idle   []chan *call
	closed bool
	wg     sync.WaitGroup
}

const idleWorkers = 64

// run hands c to a worker; false when the endpoint is closed.
func (p *workers) run(c *call) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	if n := len(p.idle); n > 0 {
		next := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		next <- c
		return true
	}
	p.wg.Add(1)
	p.mu.Unlock()
	go p.serve(c)
	return true
}

// spawn runs fn on a goroutine of its own that close waits for.
func (p *workers) spawn(fn func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.wg.Go(fn)
	return true
}

// serve is a worker: owned by workers, ended by close or by a surplus.
func (p *workers) serve(c *call) {
	defer p.wg.Done()
	next := make(chan *call, 1)
	for {
		c.work()
		p.mu.Lock()
		if p.closed || len(p.idle) >= idleWorkers {
			p.mu.Unlock()
			return
		}
		p.idle = append(p.idle, next)
		p.mu.Unlock()
		var ok bool
		if c, ok = <-next; !ok {
			return
		}
	}
}

// close refuses further work and waits for what runs.
func (p *workers) close() {
	p.mu.Lock()
	p.closed = true
	for _, next := range p.idle {
		close(next)
	}
	p.idle = nil
	p.mu.Unlock()
	p.wg.Wait()
}
