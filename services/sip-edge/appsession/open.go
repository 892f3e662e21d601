// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// HandleInvite serves an INVITE of an application (ECMA TR/87 7.1).
func (m *Manager) HandleInvite(tx *sipstack.ServerTx) {
	code := m.open(tx)
	m.metrics.opens.WithLabelValues(strconv.Itoa(code)).Inc()
}

// open answers the INVITE and returns the status of the answer.
func (m *Manager) open(tx *sipstack.ServerTx) int {
	refuse := func(r refusal) int {
		r.respond(tx)
		return r.code
	}
	if m.draining.Load() {
		return refuse(refusal{code: 503, warning: "this edge takes no new sessions, try again", retryAfter: time.Second})
	}
	if !tx.RequireOnly("timer") {
		return 420
	}
	req := tx.Request()
	body, kind := cstaBody(req, m.limits.BodyBytes)
	switch {
	case kind != contentCSTA:
		return refuse(refusal{code: 400, warning: "the INVITE of a CSTA session carries one " + ContentType + " body"})
	case len(body) > m.limits.BodyBytes:
		return refuse(refusal{code: 413, warning: "the CSTA body is too large"})
	}
	target, ok := TargetOf(m.options.Targets.Snapshot(), req)
	if !ok {
		return refuse(refusal{code: 404, warning: "no CMETarget serves the domain of this request"})
	}
	if target.Config.GetDrain() {
		return refuse(refusal{code: 503, warning: "the CMETarget drains and takes no new sessions", retryAfter: retryAfter})
	}
	user, code := m.Authenticate(tx, target)
	if user == nil {
		return code
	}
	timer := readTimer(req, target.Config.GetCsta().GetMinSe().AsDuration())
	if timer.tooSmall {
		return refuse(refusal{code: 422, headers: []sipstack.Header{
			sipstack.NewHeader("Min-SE", strconv.Itoa(int(timer.minSE/time.Second))),
		}})
	}
	id := NewID()
	if !m.reserve(id) {
		return refuse(refusal{code: 503, warning: "this edge holds as many sessions as it may", retryAfter: retryAfter})
	}
	defer m.unreserve(id)
	return m.accept(tx, id, user, timer, body)
}

func (m *Manager) accept(tx *sipstack.ServerTx, id string, user *targetconfig.User, timer timer, body []byte) int {
	req, flow := tx.Request(), tx.Flow()
	s := m.newSession(id, flow)
	ctx, cancel := m.callContext(m.limits.OpenTimeout)
	defer cancel()
	opened, err := m.service(s.id).OpenSession(ctx, &sessionv1.OpenSessionRequest{
		SessionId: s.id, Edge: m.edge, User: user.GetUser(), Target: user.Target.Name,
		From: uriOf(req.From()), To: toOf(req), RequestUri: req.Recipient.String(), CallId: sipstack.HeaderValue(req, "Call-ID"),
		Contact: contactOf(req), Peer: peerOf(flow), UserAgent: sipstack.HeaderValue(req, "User-Agent"),
		Instance: instanceOf(req), Body: body,
	})
	if err != nil {
		refused := openRefusal(err)
		refused.respond(tx)
		return refused.code
	}
	timer.agree(seconds(opened.GetSessionExpiresSeconds()), seconds(opened.GetMinSeSeconds()))
	s.peerTimer, s.expires, s.minSE = timer.supported, timer.expires, timer.minSE
	s.adopted.Store(true)
	s.start(opened.GetMessagesLostBody())
	s.pump.RequestStarted()
	m.add(s)
	spec := sipstack.AcceptSpec{
		Code: 200, Headers: m.disposition, Body: opened.GetBody(), ContentType: ContentType, Handler: s,
		Contact: &sipstack.NameAddr{URI: m.options.Endpoint.LocalURI(flow.Network, s.id)},
	}
	if timer.supported {
		spec.SessionExpires, spec.MinSE, spec.Refresher = timer.expires, timer.minSE, "uac"
	}
	dialog, err := tx.Accept(spec)
	if err != nil {
		return m.acceptFailed(tx, s, err)
	}
	s.setDialog(dialog)
	s.pump.RequestAnswered()
	s.refreshed(dialog)
	if m.options.Opened != nil {
		m.options.Opened(*m.base.Load(), user)
	}
	return 200
}

func (m *Manager) acceptFailed(tx *sipstack.ServerTx, s *session, err error) int {
	s.stop()
	m.remove(s)
	m.endSession(s.id, sessionv1.EndReason_END_REASON_PEER_LOST)
	switch {
	case errors.Is(err, sipstack.ErrRequestTerminated):
		return 487
	case errors.Is(err, sipstack.ErrSessionInterval):
		return 422
	case errors.Is(err, sipstack.ErrTooManyDialogs), errors.Is(err, sipstack.ErrClosed):
		// The endpoint has answered 503.
		return 503
	default:
		m.log.Warn("accept session", "session_id", s.id, "error", err)
		refusal{code: 500, warning: "the session could not be accepted"}.respond(tx)
		return 500
	}
}

// NewID is 128 random bits in hex.
func NewID() string {
	var id [16]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
