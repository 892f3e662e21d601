// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// maxIdleWorkers is how many goroutines of one link wait for the next call.
const maxIdleWorkers = 64

// exchange serves one link: the handler's goroutine reads, one goroutine
// writes, and each open call has a worker.
type exchange struct {
	server *Server
	stream grpc.ServerStream
	out    *outbox
	// ctx ends when the peer is gone: nobody waits for answers any more.
	ctx     context.Context
	workers sync.WaitGroup
	work    chan task
	idle    atomic.Int32

	mu    sync.Mutex
	open  map[uint64]context.CancelFunc
	ended bool // no call goes on
}

// task is one call for a worker; its payload is a view into the buffer.
type task struct {
	ctx     context.Context
	id      uint64
	method  method
	payload []byte
	buffer  mem.Buffer
}

// exchange returns when the link has ended and all its goroutines are gone.
func (s *Server) exchange(stream grpc.ServerStream) error {
	select {
	case <-s.drain:
		return status.Error(codes.Unavailable, "replica is draining")
	default:
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	e := &exchange{
		server: s, stream: stream, ctx: ctx,
		out:  newOutbox(&s.pool),
		work: make(chan task),
		open: map[uint64]context.CancelFunc{},
	}
	defer context.AfterFunc(ctx, e.cancelAll)()
	readEnded := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { e.write(readEnded) })
	err := e.read()
	if err != nil {
		cancel()
		e.out.close()
	}
	close(e.work)
	e.workers.Wait()
	close(readEnded)
	writer.Wait()
	e.out.close()
	return err
}

// read dispatches calls until the peer has closed its side (nil) or is gone.
func (e *exchange) read() error {
	for {
		var in incoming
		switch err := e.stream.RecvMsg(&in); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		err := e.dispatch(in.buffer)
		in.buffer.Free()
		if err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
}

// write sends what the outbox holds until reading has ended and nothing waits.
func (e *exchange) write(readEnded <-chan struct{}) {
	drain := e.server.drain
	for {
		select {
		case <-e.out.wake:
			gather()
		case <-drain:
			drain = nil
			e.out.add(appendResponseHead(nil, 0, fieldResponsePayload, 0), nil, false)
		case <-readEnded:
			e.flush()
			return
		}
		if !e.flush() {
			return
		}
	}
}

func (e *exchange) flush() bool {
	for chunk := e.out.take(); chunk != nil; chunk = e.out.take() {
		if err := e.stream.SendMsg(&outgoing{chunk: chunk, pool: &e.server.pool}); err != nil {
			e.out.close()
			return false
		}
	}
	return true
}

func (e *exchange) dispatch(buffer mem.Buffer) error {
	rest := buffer.ReadOnlyData()
	for {
		frame, after, err := nextFrame(rest)
		if err != nil || frame == nil {
			return err
		}
		rest = after
		var asked request
		if err := asked.decode(frame); err != nil {
			return err
		}
		if asked.cancel {
			e.cancel(asked.id)
			continue
		}
		e.begin(&asked, buffer)
	}
}

// begin gives a call to an idle worker or a new one, or refuses it.
func (e *exchange) begin(asked *request, buffer mem.Buffer) {
	called, ok := e.server.methods[string(asked.method)]
	if !ok {
		e.refuse(asked.id, e.server.methods.unknown(string(asked.method)))
		return
	}
	select {
	case e.server.slots <- struct{}{}:
	default:
		e.refuse(asked.id, status.Error(codes.ResourceExhausted, "replica serves as many calls as it may"))
		return
	}
	ctx, cancel := e.callContext(asked)
	e.mu.Lock()
	_, taken := e.open[asked.id]
	if !taken {
		e.open[asked.id] = cancel
	}
	ended := e.ended
	e.mu.Unlock()
	if ended {
		cancel()
	}
	if taken {
		cancel()
		<-e.server.slots
		e.refuse(asked.id, status.Error(codes.InvalidArgument, "call id is in use"))
		return
	}
	e.server.options.Metrics.server.begin()
	buffer.Ref()
	next := task{ctx: ctx, id: asked.id, method: called, payload: asked.payload, buffer: buffer}
	select {
	case e.work <- next:
	default:
		e.workers.Go(func() { e.worker(next) })
	}
}

// callContext has the values of the stream's context. With its end cancelAll
// ends it: that all calls' contexts were its children would cost each of them
// a turn at its lock.
func (e *exchange) callContext(asked *request) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(e.ctx)
	if asked.metadata != nil {
		ctx = metadata.NewIncomingContext(ctx, asked.metadata)
	}
	if asked.timeoutNanos > 0 {
		return context.WithTimeout(ctx, time.Duration(asked.timeoutNanos))
	}
	return context.WithCancel(ctx)
}

func (e *exchange) refuse(id uint64, err error) {
	e.server.options.Metrics.server.begin()
	e.server.options.Metrics.server.end(e.respond(id, nil, err))
}

func (e *exchange) cancel(id uint64) {
	e.mu.Lock()
	cancel := e.open[id]
	e.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

func (e *exchange) cancelAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	for _, cancel := range e.open {
		cancel()
	}
}

// worker serves calls until enough other workers are idle or the link ends.
func (e *exchange) worker(next task) {
	for {
		e.serve(next)
		if e.idle.Add(1) > maxIdleWorkers {
			e.idle.Add(-1)
			return
		}
		var ok bool
		next, ok = <-e.work
		e.idle.Add(-1)
		if !ok {
			return
		}
	}
}
