// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/link"
)

// pool holds one connection per replica: straight calls to replicas of this
// process, links to the others. Its size is bounded by the live replicas and
// the links that end.
type pool struct {
	options link.Options
	// linger bounds how long a link that left the pool waits for its calls.
	linger time.Duration
	ended  chan struct{}

	mu      sync.Mutex
	closed  bool
	local   map[string]grpc.ClientConnInterface
	remote  map[string]*peer
	closing sync.WaitGroup
}

// peer is a link with the calls that were given it; the pool's lock guards all
// but the link.
type peer struct {
	link  *link.Conn
	calls int
	// idle is closed with the last call of a peer that left the pool.
	idle chan struct{}
	left bool
}

func newPool(options link.Options, linger time.Duration) *pool {
	return &pool{
		options: options, linger: linger, ended: make(chan struct{}),
		local: map[string]grpc.ClientConnInterface{}, remote: map[string]*peer{},
	}
}

func (p *pool) addLocal(id string, connection grpc.ClientConnInterface) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.local[id] = connection
}

// isLocal tells a replica of this process.
func (p *pool) isLocal(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.local[id]
	return ok
}

// invoke calls a replica at an endpoint. The link stays open until the call is
// over, or for as long as the pool lets it linger.
func (p *pool) invoke(ctx context.Context, id, endpoint, method string, args, reply any, opts []grpc.CallOption) error {
	connection, release, err := p.take(id, endpoint)
	if err != nil {
		return err
	}
	defer release()
	return connection.Invoke(ctx, method, args, reply, opts...)
}

// take gives the connection to a replica at an endpoint for one call; a replica
// that moved gets a new one.
func (p *pool) take(id, endpoint string) (connection grpc.ClientConnInterface, release func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if connection, ok := p.local[id]; ok {
		return connection, func() {}, nil
	}
	if p.closed {
		return nil, nil, status.Error(codes.Unavailable, "directory is closed")
	}
	taken, ok := p.remote[id]
	if ok && taken.link.Target() != endpoint {
		p.drop(id)
		ok = false
	}
	if !ok {
		if taken, err = p.dial(id, endpoint); err != nil {
			return nil, nil, err
		}
	}
	taken.calls++
	return taken.link, func() { p.release(taken) }, nil
}

// dial adds a peer; the lock is held.
func (p *pool) dial(id, endpoint string) (*peer, error) {
	if endpoint == "" {
		return nil, status.Errorf(codes.Unavailable, "replica %s announces no gRPC endpoint", id)
	}
	connection, err := link.Dial(context.Background(), endpoint, p.options)
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "replica %s: %v", id, err)
	}
	dialled := &peer{link: connection, idle: make(chan struct{})}
	p.remote[id] = dialled
	return dialled, nil
}

func (p *pool) release(taken *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken.calls--
	if taken.left && taken.calls == 0 {
		close(taken.idle)
	}
}

// keep drops links to replicas that are not live, or live elsewhere.
func (p *pool) keep(live map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, kept := range p.remote {
		if live[id] != kept.link.Target() {
			p.drop(id)
		}
	}
}

// drop takes a link out of the pool and closes it in the background when its
// calls are over: what is known of a replica may be out of date, and one that
// leaves answers what it was asked. The lock is held.
func (p *pool) drop(id string) {
	dropped := p.remote[id]
	delete(p.remote, id)
	dropped.left = true
	if dropped.calls == 0 {
		close(dropped.idle)
	}
	p.closing.Go(func() {
		linger := time.NewTimer(p.linger)
		defer linger.Stop()
		select {
		case <-dropped.idle:
		case <-linger.C:
		case <-p.ended:
		}
		_ = dropped.link.Close()
	})
}

// close ends all links, also those with calls under way.
func (p *pool) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.ended)
	}
	for id := range p.remote {
		p.drop(id)
	}
	p.mu.Unlock()
	p.closing.Wait()
}
