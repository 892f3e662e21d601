// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"strconv"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/sipstack"
)

// handleRefresh serves a re-INVITE or UPDATE: the session goes on with its
// monitors, and RequestSystemStatus in a re-INVITE is answered.
func (s *session) handleRefresh(d *sipstack.Dialog, tx *sipstack.ServerTx) {
	req := tx.Request()
	body, kind := cstaBody(req, s.m.limits.BodyBytes)
	switch {
	case kind == contentOther:
		_ = tx.RejectContentType(ContentType)
		return
	case len(body) > s.m.limits.BodyBytes:
		refusal{code: 413, warning: "the CSTA body is too large"}.respond(tx)
		return
	}
	timer := readTimer(req, s.minSE)
	if timer.tooSmall {
		refusal{code: 422, headers: []sipstack.Header{
			sipstack.NewHeader("Min-SE", strconv.Itoa(int(timer.minSE/time.Second))),
		}}.respond(tx)
		return
	}
	timer.agree(s.expires, s.minSE)
	s.pump.RequestStarted()
	defer s.pump.RequestAnswered()
	answer, err := s.refresh(body, timer.expires, contactOf(req), peerOf(tx.Flow()))
	if err != nil {
		refused := dialogRefusal(err)
		refused.respond(tx)
		if refused.code == 481 {
			s.gone()
		}
		return
	}
	options := s.m.withCSTA(answer.GetBody())
	contact := sipstack.NameAddr{URI: s.m.options.Endpoint.LocalURI(tx.Flow().Network, s.id)}
	options = append(options, sipstack.WithContact(contact))
	if s.peerTimer {
		options = append(options, sipstack.WithSessionTimer(timer.expires, timer.minSE, "uac"))
	}
	if err := tx.Respond(200, "", options...); err != nil {
		return
	}
	s.refreshed(d)
}

// refresh tells csta-session that the session goes on.
func (s *session) refresh(body []byte, expires time.Duration, contact, peer string) (*sessionv1.RefreshSessionResponse, error) {
	ctx, cancel := s.m.callContext(s.m.limits.OpenTimeout)
	defer cancel()
	edge := s.m.edge
	if left := s.left(); left != "" {
		edge = left
	}
	return s.m.service(s.id).RefreshSession(ctx, &sessionv1.RefreshSessionRequest{
		SessionId: s.id, Body: body, ExpiresSeconds: uint32(expires / time.Second),
		Edge: edge, Contact: contact, Peer: peer,
	})
}

// refreshed writes the dialog's record anew and, without session timer, waits
// for the next probe.
func (s *session) refreshed(d *sipstack.Dialog) {
	s.mu.Lock()
	s.deadline = s.m.now().Add(s.expires)
	s.failedProbes = 0
	s.mu.Unlock()
	if s.left() != "" {
		return
	}
	s.m.putRecord(s, d)
	s.armProbe()
}
