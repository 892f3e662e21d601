// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/services/link"
)

// pool holds one connection per replica: straight calls to replicas of this
// process, links to the others. Its size is bounded by the live replicas.
type pool struct {
	options link.Options

	mu      sync.Mutex
	closed  bool
	local   map[string]grpc.ClientConnInterface
	remote  map[string]*link.Conn
	closing sync.WaitGroup
}

func newPool(options link.Options) *pool {
	return &pool{options: options, local: map[string]grpc.ClientConnInterface{}, remote: map[string]*link.Conn{}}
}

func (p *pool) addLocal(id string, connection grpc.ClientConnInterface) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.local[id] = connection
}

// localConn gives the connection to a replica of this process.
func (p *pool) localConn(id string) (grpc.ClientConnInterface, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connection, ok := p.local[id]
	return connection, ok
}

// get gives the link to a replica at an endpoint; a replica that moved gets a
// new one.
func (p *pool) get(id, endpoint string) (grpc.ClientConnInterface, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if connection, ok := p.local[id]; ok {
		return connection, nil
	}
	if p.closed {
		return nil, status.Error(codes.Unavailable, "directory is closed")
	}
	if connection, ok := p.remote[id]; ok {
		if connection.Target() == endpoint {
			return connection, nil
		}
		p.drop(id)
	}
	if endpoint == "" {
		return nil, status.Errorf(codes.Unavailable, "replica %s announces no gRPC endpoint", id)
	}
	connection, err := link.Dial(context.Background(), endpoint, p.options)
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "replica %s: %v", id, err)
	}
	p.remote[id] = connection
	return connection, nil
}

// keep closes links to replicas that are not live, or live elsewhere.
func (p *pool) keep(live map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, connection := range p.remote {
		if live[id] != connection.Target() {
			p.drop(id)
		}
	}
}

// drop closes a link in the background; the lock is held.
func (p *pool) drop(id string) {
	connection := p.remote[id]
	delete(p.remote, id)
	p.closing.Go(func() { _ = connection.Close() })
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for id := range p.remote {
		p.drop(id)
	}
	p.mu.Unlock()
	p.closing.Wait()
}
