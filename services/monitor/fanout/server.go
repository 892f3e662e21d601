// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	"offhook.dev/services/bus"
)

// Server keeps monitors and fans events out. It is safe for concurrent use; it
// reports events while Run runs.
type Server struct {
	monitorv1.UnimplementedMonitorServiceServer

	options Options
	index   *index
	senders *senders
	metrics *metrics
	log     *slog.Logger

	// dispatching guards all down to current: events are given one after the other.
	dispatching sync.Mutex
	dispatcher  dispatcher
	recent      recent
	// current: what the stream had when this replica began was read.
	current bool
	// repartition wakes the check of which sessions are served here.
	repartition chan struct{}
	// gone holds sessions whose monitors are to be deleted, over the keys of
	// monitors whose call ended, moved those whose call became another.
	gone, over chan string
	moved      chan movedMonitor

	monitorsSynced, sessionsSynced chan struct{}
	loaded, reading                atomic.Bool
}

var _ monitorv1.MonitorServiceServer = (*Server)(nil)

// maxGone bounds the sessions whose monitors wait to be deleted; what does not
// fit is found again by the sweep.
const maxGone = 4096

// New gives a server that knows no monitor until Run.
func New(options Options) *Server {
	options = options.withDefaults()
	s := &Server{
		options:        options,
		index:          newIndex(),
		log:            options.Logger,
		repartition:    make(chan struct{}, 1),
		gone:           make(chan string, maxGone),
		over:           make(chan string, maxGone),
		moved:          make(chan movedMonitor, maxGone),
		monitorsSynced: make(chan struct{}),
		sessionsSynced: make(chan struct{}),
	}
	s.senders = newSenders(s)
	s.metrics = newMetrics(options.Registerer, s.countMonitors, func() float64 { return float64(s.senders.waiting()) })
	return s
}

// Register adds the service to a gRPC server or link.
func (s *Server) Register(registrar grpc.ServiceRegistrar) {
	monitorv1.RegisterMonitorServiceServer(registrar, s)
}

// Ready is nil once monitors were read and events are being read.
func (s *Server) Ready() error {
	if !s.reading.Load() {
		return errors.New("events are not read yet")
	}
	return nil
}

// Run keeps monitors and reports events until the context ends.
func (s *Server) Run(ctx context.Context) error {
	unsubscribe := s.options.Partition.Subscribe(s.partitionChanged)
	defer unsubscribe()
	group, ctx := errgroup.WithContext(ctx)
	s.senders.begin(ctx, group)
	group.Go(func() error { return s.options.Monitors.Watch(ctx, ">", s.monitorChanged) })
	group.Go(func() error { return s.options.Sessions.Watch(ctx, ">", s.sessionChanged) })
	group.Go(func() error { return s.readEvents(ctx) })
	group.Go(func() error { return s.followPartition(ctx) })
	group.Go(func() error { return s.deleteGone(ctx) })
	group.Go(func() error { return s.keepCalls(ctx) })
	group.Go(func() error { return s.sweep(ctx) })
	err := group.Wait()
	s.reading.Store(false)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Drain waits until what was read has been handed to the edges. The directory
// has given this replica's sessions to others by then.
func (s *Server) Drain(ctx context.Context) error { return s.senders.wait(ctx) }

// waitLoaded returns when all monitors and sessions that existed were read.
func (s *Server) waitLoaded(ctx context.Context) error {
	for _, synced := range [...]chan struct{}{s.monitorsSynced, s.sessionsSynced} {
		select {
		case <-synced:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// readEvents reports events from now on, and those that other replicas may not have
// reported.
func (s *Server) readEvents(ctx context.Context) error {
	if err := s.waitLoaded(ctx); err != nil {
		return err
	}
	err := s.options.Events.ReadEvents(ctx, bus.ReaderOptions{
		Recent: recentMessages, OnCurrent: s.begin,
		OnReading: func() {
			if s.loadedRecent() {
				s.reading.Store(true)
			}
		},
	}, s.handle)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return ctx.Err()
}

// begin begins to report. Where no other replica was there meanwhile, events may be
// lost that are not recent any more.
func (s *Server) begin() {
	s.dispatching.Lock()
	s.current = true
	s.dispatching.Unlock()
	if s.options.Partition.Alone() {
		s.index.markUnsure()
	}
	s.catchUp()
	s.tellUnsure()
	s.reading.Store(true)
}

// tellUnsure tells the sessions that nobody may have served before they came here.
func (s *Server) tellUnsure() { s.tellLost(s.index.takeUnsure()) }

func (s *Server) loadedRecent() bool {
	s.dispatching.Lock()
	defer s.dispatching.Unlock()
	return s.current
}

// handle takes what the stream delivers.
func (s *Server) handle(delivery bus.Delivery) {
	s.dispatching.Lock()
	defer s.dispatching.Unlock()
	if delivery.Gap != nil && s.current {
		s.gap(delivery.Gap)
	}
	batch := delivery.Batch
	if batch == nil {
		return
	}
	for _, event := range batch.GetEvents() {
		s.recent.add(batch.GetTarget(), event, delivery.Stored)
		if s.current {
			s.dispatch(batch.GetTarget(), event)
		} else {
			s.observe(batch.GetTarget(), event)
		}
	}
}

// catchUp gives the recent events again to sessions that are behind. Their edges
// pass on what was not passed on before.
func (s *Server) catchUp() {
	s.dispatching.Lock()
	defer s.dispatching.Unlock()
	if !s.current {
		return // begin does it
	}
	behind := s.index.takeBehind()
	if len(behind) == 0 {
		return
	}
	for _, kept := range s.recent.all() {
		s.replay(kept.target, kept.event, behind)
	}
	s.index.caughtUp(behind)
	s.metrics.replays.Add(float64(len(behind)))
}

func (s *Server) countMonitors() float64 {
	s.index.Lock()
	defer s.index.Unlock()
	return float64(s.index.monitors)
}
