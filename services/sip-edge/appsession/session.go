// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/sip-edge/eventqueue"
	"offhook.dev/services/sipstack"
)

// session is one application's dialog.
type session struct {
	m        *Manager
	id       string
	pump     *eventqueue.Pump
	lostBody []byte
	// peerTimer: the application refreshes the session (RFC 4028); else it is
	// probed.
	peerTimer bool
	expires   time.Duration
	minSE     time.Duration
	dialog    atomic.Pointer[sipstack.Dialog]
	// streamed is how the first request came, until there is a dialog.
	streamed bool
	// delivered is what its monitors were given last.
	delivered delivered
	// adopted: csta-session knows that this edge holds the dialog.
	adopted atomic.Bool

	mu           sync.Mutex
	deadline     time.Time
	stopped      bool
	probe        *time.Timer
	failedProbes int
	// endReason is why the edge itself ended the dialog; toldElsewhere: who
	// asked for the end knows of it.
	endReason     sessionv1.EndReason
	toldElsewhere bool
	// leftTo is the edge that holds the session now: this one answers requests
	// that still come here, and sends no events. Empty: it is held here.
	leftTo string
	// byeWaits: the dialog has to end as soon as there is one.
	byeWaits   bool
	byeReason  string
	hasDialog  chan struct{} // closed when there is one
	dialogOnce sync.Once
}

var (
	_ sipstack.DialogHandler = (*session)(nil)
	_ eventqueue.Wire        = (*session)(nil)
)

var (
	errNoDialog   = errors.New("session has no dialog yet")
	errNotReading = errors.New("application does not read its connection")
)

func (m *Manager) newSession(id string, flow sipstack.Flow) *session {
	return &session{m: m, id: id, streamed: flow.Network != "udp", hasDialog: make(chan struct{})}
}

// start makes the session's event queue, with the body to send after a loss.
func (s *session) start(lostBody []byte) {
	s.lostBody = lostBody
	events := s.m.metrics.events
	s.pump = eventqueue.NewPump(s, eventqueue.Options{
		Limits:   s.m.limits.Events,
		Patience: s.m.limits.Patience,
		Dropped:  func(n int) { events.WithLabelValues("dropped").Add(float64(n)) },
		Sent:     func(n int) { events.WithLabelValues("sent").Add(float64(n)) },
	}, lostBody)
}

// setDialog gives the session its dialog, once.
func (s *session) setDialog(d *sipstack.Dialog) {
	s.dialogOnce.Do(func() {
		s.dialog.Store(d)
		close(s.hasDialog)
		s.mu.Lock()
		bye, reason := s.byeWaits, s.byeReason
		s.mu.Unlock()
		if bye {
			s.sendBye(reason)
		}
	})
}

// stop ends the session's timers and queue.
func (s *session) stop() {
	s.mu.Lock()
	s.stopped = true
	if s.probe != nil {
		s.probe.Stop()
	}
	s.mu.Unlock()
	s.pump.Close()
}

// HandleDialogRequest implements sipstack.DialogHandler.
func (s *session) HandleDialogRequest(d *sipstack.Dialog, tx *sipstack.ServerTx) {
	s.m.serving.Begin()
	defer s.m.serving.End()
	s.setDialog(d)
	if !s.adopted.Load() && !s.adopt() {
		refusal{code: 481, warning: "the CSTA session has ended"}.respond(tx)
		return
	}
	if !tx.RequireOnly("timer") {
		return
	}
	switch tx.Request().Method {
	case sipstack.INFO:
		s.handleInfo(tx)
	case sipstack.INVITE, sipstack.UPDATE:
		s.handleRefresh(d, tx)
	case sipstack.BYE:
		_ = tx.Respond(200, "")
	case sipstack.OPTIONS: // it may have opened the way anew for events that wait
		s.pump.RequestStarted()
		s.m.RespondOptions(tx)
		s.pump.RequestAnswered()
	default:
		_ = tx.RejectMethod(allow...)
	}
}

// HandleAck implements sipstack.DialogHandler.
func (s *session) HandleAck(*sipstack.Dialog, *sipstack.Request) {}

// handleInfo carries one CSTA request and its response. Events wait meanwhile,
// so that the application reads the response before them.
func (s *session) handleInfo(tx *sipstack.ServerTx) {
	started := s.m.now()
	s.pump.RequestStarted()
	code := s.serve(tx)
	s.pump.RequestAnswered()
	s.m.metrics.services.WithLabelValues(strconv.Itoa(code)).Observe(s.m.now().Sub(started).Seconds())
}

func (s *session) serve(tx *sipstack.ServerTx) int {
	body, kind := cstaBody(tx.Request(), s.m.limits.BodyBytes)
	switch {
	case kind == contentNone: // keep-alive
		_ = tx.Respond(200, "")
		return 200
	case kind == contentOther:
		_ = tx.RejectContentType(ContentType)
		return 415
	case len(body) > s.m.limits.BodyBytes:
		refusal{code: 413, warning: "the CSTA body is too large"}.respond(tx)
		return 413
	}
	answer, err := s.m.service(s.id).InvokeService(s.m.serviceContext(), &sessionv1.InvokeServiceRequest{SessionId: s.id, Body: body})
	if err != nil {
		refused := dialogRefusal(err)
		refused.respond(tx)
		if refused.code == 481 {
			s.gone()
		}
		return refused.code
	}
	_ = tx.Respond(200, "", s.m.withCSTA(answer.GetBody())...)
	return 200
}

func (m *Manager) withCSTA(body []byte) []sipstack.ResponseOption {
	if len(body) == 0 {
		return nil
	}
	return []sipstack.ResponseOption{sipstack.WithBody(body, ContentType), m.withDisposition}
}

// Reliable implements eventqueue.Wire.
func (s *session) Reliable() bool {
	if d := s.dialog.Load(); d != nil {
		return d.Flow().Network != "udp"
	}
	return s.streamed
}

// SendEvent implements eventqueue.Wire.
func (s *session) SendEvent(body []byte, id eventqueue.SendID) error {
	d := s.dialog.Load()
	if d == nil {
		return errNoDialog
	}
	switch backlog, alive := d.Backlog(); {
	case !alive:
		return sipstack.ErrNoFlow
	case backlog > 0 && backlog+len(body) > s.m.limits.UnreadBytes:
		return errNotReading
	}
	spec := sipstack.RequestSpec{
		Method: sipstack.INFO, Headers: s.m.disposition, Body: body, ContentType: ContentType,
		KeepOnTimeout: true, NoWait: id == 0,
	}
	if id != 0 {
		spec.OnResponse = func(res *sipstack.Response) { s.eventAnswered(id, res) }
	}
	_, err := d.Send(spec)
	return err
}

func (s *session) eventAnswered(id eventqueue.SendID, res *sipstack.Response) {
	switch {
	case res.StatusCode < 200:
	case sipstack.IsLocal(res) && res.StatusCode == 408:
		s.pump.TimedOut(id)
	case sipstack.IsLocal(res):
		s.pump.Broken(id)
	default:
		s.pump.Answered(id)
	}
}
