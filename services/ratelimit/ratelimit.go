// SPDX-License-Identifier: Apache-2.0

// Package ratelimit limits how often each of many sources may do a thing. It
// owns one token bucket per source in a bounded table and never decides what
// a refused source is told.
package ratelimit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"offhook.dev/services/lru"
)

// Config is the size of the buckets. Zero fields mean no limit (PerSecond) or
// their default.
type Config struct {
	// PerSecond refills each source's bucket; zero or less allows everything.
	PerSecond float64
	// Burst is the size of a bucket: PerSecond rounded up, at least 1.
	Burst int
	// Sources bounds the table: 65536. A source that falls out of it starts
	// anew with a full bucket.
	Sources int
	// Now is the clock: time.Now.
	Now func() time.Time
}

// PerSource is a set of token buckets. It is safe for concurrent use.
type PerSource struct {
	cfg     Config
	mu      sync.Mutex
	buckets *lru.Map[string, *rate.Limiter]
}

// New makes the set.
func New(cfg Config) *PerSource {
	if cfg.Burst <= 0 {
		cfg.Burst = max(1, int(cfg.PerSecond+0.999))
	}
	if cfg.Sources <= 0 {
		cfg.Sources = 65536
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &PerSource{cfg: cfg, buckets: lru.New[string, *rate.Limiter](cfg.Sources, nil)}
}

// Allow takes one token of source and tells whether there was one.
func (p *PerSource) Allow(source string) bool {
	if p.cfg.PerSecond <= 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket, ok := p.buckets.Get(source)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(p.cfg.PerSecond), p.cfg.Burst)
		p.buckets.Put(source, bucket)
	}
	return bucket.AllowN(p.cfg.Now(), 1)
}

// Exhausted tells whether source has no token left, without taking one.
func (p *PerSource) Exhausted(source string) bool {
	if p.cfg.PerSecond <= 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket, ok := p.buckets.Get(source)
	return ok && bucket.TokensAt(p.cfg.Now()) < 1
}
