// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// session is one open stream to the peer with the calls that wait on it.
type session struct {
	stream grpc.ClientStream
	cancel context.CancelFunc
	out    *outbox
	limit  int
	// drained is closed when the peer takes no more calls.
	drained chan struct{}
	// done is closed when the stream has ended and every call was failed.
	done chan struct{}

	mu       sync.Mutex
	pending  map[uint64]*call
	nextID   uint64
	draining bool
	lost     error
}

// call waits for its response. Whoever removes it from pending owns it: a
// reader sends on done exactly once, a caller that gave up reuses it.
type call struct {
	done    chan struct{}
	payload []byte
	status  []byte
	buffer  mem.Buffer
	err     error
}

func newSession(stream grpc.ClientStream, cancel context.CancelFunc, limit int, pool *buffers) *session {
	return &session{
		stream: stream, cancel: cancel, limit: limit,
		out:     newOutbox(pool),
		drained: make(chan struct{}),
		done:    make(chan struct{}),
		pending: map[uint64]*call{},
	}
}

// register opens a call. Without an error, false means that the session takes
// no more calls and the next one must be asked.
func (s *session) register(waiting *call) (id uint64, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost != nil || s.draining {
		return 0, false, nil
	}
	if len(s.pending) >= s.limit {
		return 0, false, status.Errorf(codes.ResourceExhausted, "%d calls wait on this link", len(s.pending))
	}
	s.nextID++
	s.pending[s.nextID] = waiting
	return s.nextID, true, nil
}

// forget closes a call before its response; false: the response is at hand.
func (s *session) forget(id uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.pending[id]
	delete(s.pending, id)
	s.wakeIfDrained()
	return ok
}

// wakeIfDrained makes the writer look whether it may close its side.
func (s *session) wakeIfDrained() {
	if s.draining && len(s.pending) == 0 {
		select {
		case s.out.wake <- struct{}{}:
		default:
		}
	}
}

// serve reads and writes until the stream ends, then fails the open calls.
func (s *session) serve() error {
	var writer sync.WaitGroup
	writer.Go(s.write)
	err := s.read()
	s.mu.Lock()
	s.lost = err
	left := s.pending
	s.pending = map[uint64]*call{}
	s.mu.Unlock()
	s.cancel()
	s.out.close()
	writer.Wait()
	for _, waiting := range left {
		waiting.err = status.Errorf(codes.Unavailable, "link was lost before the answer: %v", status.Convert(err).Message())
		waiting.done <- struct{}{}
	}
	close(s.done)
	return err
}

func (s *session) read() error {
	for {
		var in incoming
		if err := s.stream.RecvMsg(&in); err != nil {
			return err
		}
		err := s.deliver(in.buffer)
		in.buffer.Free()
		if err != nil {
			return err
		}
	}
}

func (s *session) deliver(buffer mem.Buffer) error {
	rest := buffer.ReadOnlyData()
	for {
		frame, after, err := nextFrame(rest)
		if err != nil || frame == nil {
			return err
		}
		rest = after
		var answered response
		if err := answered.decode(frame); err != nil {
			return err
		}
		s.mu.Lock()
		if answered.id == 0 && !s.draining {
			s.draining = true
			close(s.drained)
		}
		waiting := s.pending[answered.id]
		delete(s.pending, answered.id)
		s.wakeIfDrained()
		s.mu.Unlock()
		if waiting == nil {
			continue
		}
		buffer.Ref()
		waiting.payload, waiting.status, waiting.buffer = answered.payload, answered.status, buffer
		waiting.done <- struct{}{}
	}
}

func (s *session) write() {
	for {
		select {
		case <-s.out.wake:
			gather()
		case <-s.stream.Context().Done():
			return
		}
		for chunk := s.out.take(); chunk != nil; chunk = s.out.take() {
			if err := s.stream.SendMsg(&outgoing{chunk: chunk, pool: s.out.pool}); err != nil {
				s.cancel()
				return
			}
		}
		s.mu.Lock()
		over := s.draining && len(s.pending) == 0
		s.mu.Unlock()
		if over {
			if err := s.stream.CloseSend(); err != nil {
				s.cancel()
			}
			return
		}
	}
}
