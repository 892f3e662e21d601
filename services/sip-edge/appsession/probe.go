// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/sipstack"
)

// maxFailedProbes in a row end the session of an application without session
// timer.
const maxFailedProbes = 2

// armProbe lets an application that takes no part in the session timer be
// asked, well before its session runs out, whether it is there.
func (s *session) armProbe() {
	if s.peerTimer {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if s.probe != nil {
		s.probe.Stop()
	}
	s.probe = time.AfterFunc(min(s.m.limits.ProbeInterval, s.expires/(maxFailedProbes+1)), s.runProbe)
}

func (s *session) runProbe() {
	if !s.sendProbe(s.probed) {
		s.probed(false)
	}
}

// sendProbe asks by OPTIONS in the dialog; any answer but 408 and 481 shows
// that the application is there. False: it could not be asked.
func (s *session) sendProbe(done func(alive bool)) bool {
	d := s.dialog.Load()
	if d == nil {
		return false
	}
	_, err := d.Send(sipstack.RequestSpec{Method: sipstack.OPTIONS, KeepOnTimeout: true, OnResponse: func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			done(!sipstack.IsLocal(res) && res.StatusCode != 408 && res.StatusCode != 481)
		}
	}})
	return err == nil
}

// probed goes on with a session whose application answered, and gives it up
// after some silence.
func (s *session) probed(alive bool) {
	d := s.dialog.Load()
	if alive {
		if _, err := s.refresh(nil, s.expires, remoteTarget(d), peerOf(d.Flow())); err != nil {
			if refused := dialogRefusal(err); refused.code == 481 {
				s.gone()
				return
			}
			s.armProbe()
			return
		}
		s.refreshed(d)
		return
	}
	s.mu.Lock()
	s.failedProbes++
	lost := s.failedProbes >= maxFailedProbes
	s.mu.Unlock()
	if lost {
		s.bye(sessionv1.EndReason_END_REASON_PEER_LOST, "no answer to OPTIONS")
		return
	}
	s.armProbe()
}

// alive asks the application whether it is there, until ctx ends.
func (s *session) alive(ctx context.Context) bool {
	select {
	case <-s.hasDialog:
	case <-ctx.Done():
		return false
	}
	answer := make(chan bool, 1)
	if !s.sendProbe(func(alive bool) { answer <- alive }) {
		return false
	}
	select {
	case alive := <-answer:
		return alive
	case <-ctx.Done():
		return false
	}
}
