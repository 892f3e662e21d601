// SPDX-License-Identifier: Apache-2.0

package sessionmanager

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/types/known/timestamppb"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Records is the bucket of registered session managers.
type Records interface {
	Get(ctx context.Context, key string) (bus.Entry[*statev1.SessionManagerRecord], error)
	Put(ctx context.Context, key string, value *statev1.SessionManagerRecord) (revision uint64, err error)
	Update(ctx context.Context, key string, value *statev1.SessionManagerRecord, revision uint64) (uint64, error)
	Delete(ctx context.Context, key string) error
	DeleteRevision(ctx context.Context, key string, revision uint64) error
	List(ctx context.Context, pattern string) ([]bus.Entry[*statev1.SessionManagerRecord], error)
}

var _ Records = (*bus.Bucket[*statev1.SessionManagerRecord])(nil)

// Authenticator checks the digest of the user of a request; a nil user means
// that the request was answered.
type Authenticator interface {
	Authenticate(tx *sipstack.ServerTx, target *targetconfig.Target) (user *targetconfig.User, code int)
}

// Options are a Server's dependencies.
type Options struct {
	// Edge is the replica id of this edge.
	Edge          string
	Targets       targetconfig.Source
	Authenticator Authenticator
	Records       Records
	Sessions      appsession.Sessions
	// Timeout bounds the questions to the bucket and to csta-session that one
	// REGISTER takes: 3 s.
	Timeout time.Duration
	// SweepInterval is how often records that ran out are removed: 1 min.
	SweepInterval time.Duration
	// Now is the clock: time.Now.
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Server serves session managers. It is safe for concurrent use.
type Server struct {
	options  Options
	log      *slog.Logger
	base     atomic.Pointer[context.Context]
	requests *prometheus.CounterVec
	known    prometheus.Gauge
}

// New makes a server.
func New(options Options) *Server {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Timeout <= 0 {
		options.Timeout = 3 * time.Second
	}
	if options.SweepInterval <= 0 {
		options.SweepInterval = time.Minute
	}
	s := &Server{
		options: options, log: options.Logger,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_edge_session_manager_requests_total",
			Help: "REGISTER of session managers, by what became of it: a SIP status, or unanswered.",
		}, []string{"result"}),
		known: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "offhook_edge_session_managers", Help: "Session managers that are registered at any edge.",
		}),
	}
	if options.Registerer != nil {
		options.Registerer.MustRegister(s.requests, s.known)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	s.base.Store(&ended)
	return s
}

// Serve sets the context of all questions that the server asks from now on.
func (s *Server) Serve(ctx context.Context) { s.base.Store(&ctx) }

// Serves tells whether a request is the REGISTER of a session manager.
func (s *Server) Serves(req *sipstack.Request) bool {
	if req.Method != sipstack.REGISTER {
		return false
	}
	_, ok := s.managerOf(req)
	return ok
}

// managerOf finds the session manager whose register-id is the user of To, the
// address-of-record.
func (s *Server) managerOf(req *sipstack.Request) (*targetconfig.SessionManager, bool) {
	target, ok := appsession.TargetOf(s.options.Targets.Snapshot(), req)
	if to := req.To(); ok && to != nil {
		return target.SessionManager(to.Address.User)
	}
	return nil, false
}

const unanswered = "unanswered"

// HandleRequest serves a request that Serves takes.
func (s *Server) HandleRequest(tx *sipstack.ServerTx) {
	result := unanswered
	if code := s.register(tx); code != 0 {
		result = strconv.Itoa(code)
	}
	s.requests.WithLabelValues(result).Inc()
}

// register answers a REGISTER and returns the status, 0 where there is none.
func (s *Server) register(tx *sipstack.ServerTx) int {
	req := tx.Request()
	manager, ok := s.managerOf(req)
	if !ok {
		return reject(tx, 404)
	}
	if !tx.RequireOnly("path") {
		return 420
	}
	user, code := s.options.Authenticator.Authenticate(tx, manager.Target)
	if user == nil {
		return code
	}
	if user != manager.User {
		return reject(tx, 403)
	}
	asked, err := readRegistration(req)
	if err != nil {
		return reject(tx, 400)
	}
	ctx, cancel := context.WithTimeout(*s.base.Load(), s.options.Timeout)
	defer cancel()
	key := Key(manager.Target.Name, manager.GetRegisterId())
	before, err := s.options.Records.Get(ctx, key)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return s.storeFailed(tx, "read", manager, err)
	}
	switch {
	case asked.contact == nil && !asked.all:
		return s.respond(tx, before.Value)
	case asked.all || asked.expires == 0:
		if err := s.options.Records.Delete(ctx, key); err != nil {
			return s.storeFailed(tx, "delete", manager, err)
		}
		s.log.Info("session manager unregistered", "target", manager.Target.Name, "register_id", manager.GetRegisterId())
		return s.respond(tx, nil)
	}
	expires, ok := granted(asked.expires, manager.GetKeepalive().AsDuration())
	if !ok {
		least := sipstack.NewHeader("Min-Expires", strconv.Itoa(int(minExpires/time.Second)))
		return reject(tx, 423, sipstack.WithHeader(least))
	}
	now := s.options.Now()
	decided := verdict{answer: true}
	if manager.GetCtiAware() {
		decided = judge(before.Value, asked.callID, s.sessionsOf(ctx, manager), now)
	}
	if !decided.answer {
		s.log.Info("keepalive of a session manager is not answered: its CSTA session is gone",
			"target", manager.Target.Name, "register_id", manager.GetRegisterId(), "peer", tx.Flow().Remote)
		tx.Ignore()
		return 0
	}
	record := &statev1.SessionManagerRecord{
		RegisterId: manager.GetRegisterId(), Target: manager.Target.Name, Contact: asked.contact.URI.String(),
		Peer: tx.Flow().Network + ":" + tx.Flow().Remote, Edge: s.options.Edge, Expires: timestamppb.New(now.Add(expires)),
		CallId: asked.callID, UserAgent: asked.userAgent, SessionSeen: decided.seen,
	}
	if _, err := s.options.Records.Put(ctx, key, record); err != nil {
		return s.storeFailed(tx, "write", manager, err)
	}
	if before.Value.GetCallId() != asked.callID {
		s.log.Info("session manager registered", "target", record.GetTarget(), "register_id", record.GetRegisterId(),
			"peer", record.GetPeer(), "user_agent", record.GetUserAgent(), "expires_s", int(expires/time.Second))
	}
	return s.respond(tx, record)
}

// sessionsOf counts the CSTA sessions of a session manager's user; negative:
// csta-session did not say.
func (s *Server) sessionsOf(ctx context.Context, manager *targetconfig.SessionManager) int {
	found, err := s.options.Sessions.Sessions(manager.GetRegisterId()).FindSessions(ctx, &sessionv1.FindSessionsRequest{
		User: manager.User.GetUser(), Target: manager.Target.Name,
	})
	if err != nil {
		s.log.Warn("count sessions of a session manager", "target", manager.Target.Name, "register_id", manager.GetRegisterId(), "error", err)
		return -1
	}
	return int(found.GetSessions())
}

// respond answers 200 with the contact that is registered, if any.
func (s *Server) respond(tx *sipstack.ServerTx, record *statev1.SessionManagerRecord) int {
	now := s.options.Now()
	left := (record.GetExpires().AsTime().Sub(now) + time.Second - 1) / time.Second
	headers := []sipstack.Header{sipstack.NewHeader("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))}
	if record != nil && left > 0 {
		seconds := strconv.FormatInt(int64(left), 10)
		headers = append(headers,
			sipstack.NewHeader("Contact", "<"+record.GetContact()+">;expires="+seconds),
			sipstack.NewHeader("Expires", seconds))
	} else {
		headers = append(headers, sipstack.NewHeader("Expires", "0"))
	}
	_ = tx.Respond(200, "", sipstack.WithHeader(headers...))
	return 200
}

// storeRetry is told to session managers while the bucket can't be reached.
const storeRetry = 5 * time.Second

func (s *Server) storeFailed(tx *sipstack.ServerTx, operation string, manager *targetconfig.SessionManager, err error) int {
	s.log.Warn("session manager was not registered", "operation", operation, "target", manager.Target.Name, "register_id", manager.GetRegisterId(), "error", err)
	_ = tx.RejectBusy(storeRetry)
	return 503
}

func reject(tx *sipstack.ServerTx, code int, options ...sipstack.ResponseOption) int {
	_ = tx.Reject(code, options...)
	return code
}
