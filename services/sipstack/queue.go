// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"hash/maphash"
	"sync"
)

// call is everything of one Call-ID: its transactions, its dialogs and the
// queue of what handlers are still to be told. It exists while there is any.
type call struct {
	e  *Endpoint
	id string

	mu      sync.Mutex
	server  map[txKey]*serverCore
	client  map[clientKey]*ClientTx
	dialogs []*Dialog
	queue   []job
	head    int  // next job in queue
	running bool // a worker empties the queue
	pins    int  // calls of the API under way
}

// txKey matches requests to server transactions (RFC 3261 17.2.3). ACK and
// CANCEL bear the key of their INVITE. raw is set, and the others are not,
// where Via has no branch with the magic cookie: the whole message is hashed,
// since such clients (pidgin-sipe) also use a CSeq twice in a dialog, so that
// RFC 2543's fields do not tell a retransmission from a new request.
type txKey struct {
	branch string
	host   string
	port   int
	method RequestMethod
	raw    uint64
}

// clientKey matches responses to client transactions (RFC 3261 17.1.3).
type clientKey struct {
	branch string
	method RequestMethod
}

// job is one call of a handler.
type job struct {
	kind   jobKind
	tx     *ServerTx
	client *ClientTx
	dialog *Dialog
	req    *Request
	res    *Response
	hop    hop
	cause  DialogEnd
	fn     func()
}

type jobKind uint8

const (
	jobRequest jobKind = iota + 1
	jobUnknownDialog
	jobDialogRequest
	jobAck
	jobStray
	jobResponse
	jobDialogEnd
	jobFunc
)

// callShard is a part of the endpoint's table of calls.
type callShard struct {
	mu    sync.Mutex
	calls map[string]*call
	_     [40]byte // a cache line each
}

const callShards = 64

func (e *Endpoint) shard(id string) *callShard {
	return &e.shards[maphash.String(e.seed, id)%callShards]
}

// lockCall returns the call of that id with its lock held; nil where it does
// not exist and create is false.
func (e *Endpoint) lockCall(id string, create bool) *call {
	s := e.shard(id)
	s.mu.Lock()
	c := s.calls[id]
	if c == nil {
		if !create {
			s.mu.Unlock()
			return nil
		}
		c = &call{e: e, id: id}
		s.calls[id] = c
	}
	c.mu.Lock()
	s.mu.Unlock()
	return c
}

// unlock gives the lock back and forgets a call with nothing left in it.
func (c *call) unlock() {
	idle := c.idle()
	c.mu.Unlock()
	if !idle {
		return
	}
	s := c.e.shard(c.id)
	s.mu.Lock()
	c.mu.Lock()
	if c.idle() && s.calls[c.id] == c {
		delete(s.calls, c.id)
	}
	c.mu.Unlock()
	s.mu.Unlock()
}

func (c *call) idle() bool {
	return !c.running && c.pins == 0 && len(c.server) == 0 && len(c.client) == 0 &&
		len(c.dialogs) == 0 && c.head == len(c.queue)
}

func (c *call) queued() int { return len(c.queue) - c.head }

// full tells that no further message of the peer may be queued.
func (c *call) full() bool { return c.queued() >= c.e.cfg.Limits.MaxQueuedPerCall }

// push queues a job; c.mu is held. What the endpoint itself has to tell is
// always taken: it is bounded by transactions and dialogs.
func (c *call) push(j job) {
	c.queue = append(c.queue, j)
	if c.running {
		return
	}
	c.running = true
	if !c.e.workers.run(c) {
		c.running = false
		c.queue, c.head = nil, 0
	}
}

// work runs the queue until it is empty.
func (c *call) work() {
	c.mu.Lock()
	for c.head < len(c.queue) {
		j := c.queue[c.head]
		c.queue[c.head] = job{}
		c.head++
		if c.head == len(c.queue) {
			c.head = 0
			if cap(c.queue) > 8 {
				c.queue = nil
			} else {
				c.queue = c.queue[:0]
			}
		}
		c.mu.Unlock()
		c.e.do(&j)
		c.mu.Lock()
	}
	c.running = false
	c.queue, c.head = nil, 0 // idle dialogs keep none
	c.unlock()
}

// do runs one job, with no lock held.
func (e *Endpoint) do(j *job) {
	switch j.kind {
	case jobRequest:
		j.tx.handled(e.handle)
	case jobUnknownDialog:
		j.tx.handled(e.handleUnknownDialog)
	case jobDialogRequest:
		j.tx.handled(j.dialog.handleRequest)
	case jobAck:
		if h := j.dialog.currentHandler(); h != nil {
			h.HandleAck(j.dialog, j.req)
		}
	case jobStray:
		if h := e.currentHandler(); h != nil {
			h.HandleStray(j.hop.flow(), j.req, j.res)
		}
	case jobResponse:
		j.client.tell(j.res)
	case jobDialogEnd:
		if h := j.dialog.currentHandler(); h != nil {
			h.HandleDialogEnd(j.dialog, j.cause)
		}
	case jobFunc:
		j.fn()
	}
}
