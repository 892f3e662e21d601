// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	edgev1 "offhook.dev/proto/offhook/edge/v1"

	"offhook.dev/csta"
	"offhook.dev/services/bus"
)

// gap tells every session with a monitor in the target that events are lost.
func (s *Server) gap(gap *bus.Gap) {
	s.metrics.gaps.Inc()
	s.log.Warn("events lost in the stream", "target", gap.Target,
		"first_missing", gap.FirstMissing, "next", gap.NextNumber)
	s.index.Lock()
	if gap.NextNumber == 0 {
		delete(s.index.seen, gap.Target)
	}
	s.index.forgetCalls(gap.Target)
	var ids []string
	for id, session := range s.index.sessions {
		touched := false
		for _, m := range session.monitors {
			if gap.Target != "" && m.record.GetTarget() != gap.Target {
				continue
			}
			touched = true
			if gap.NextNumber == 0 {
				m.from = 0
			}
		}
		if touched && session.mine {
			ids = append(ids, id)
		}
	}
	s.index.Unlock()
	s.tellLost(ids)
}

// tellLost queues System Status messagesLost for sessions, in the order of
// their other events.
func (s *Server) tellLost(sessionIDs []string) {
	for _, notice := range s.lostNotices(sessionIDs) {
		s.senders.push(notice.edge, notice.request).lose()
	}
}

// lostNotices are the deliveries that tell sessions of lost events: one per
// edge and edition. Sessions without monitors need none.
func (s *Server) lostNotices(sessionIDs []string) []portion {
	type key struct {
		edge    string
		edition csta.Edition
	}
	notices := make(map[key]*edgev1.DeliverRequest)
	var order []portion
	s.index.Lock()
	defer s.index.Unlock()
	for _, id := range sessionIDs {
		session := s.index.sessions[id]
		if session == nil || !session.mine {
			continue
		}
		at := key{session.edge, session.edition}
		notice := notices[at]
		if notice == nil {
			notice = &edgev1.DeliverRequest{Head: messagesLost(session.edition)}
			notices[at] = notice
			order = append(order, portion{edge: session.edge, request: notice})
		}
		notice.Recipients = append(notice.Recipients, &edgev1.Recipient{SessionId: id})
	}
	return order
}

func messagesLost(edition csta.Edition) []byte {
	return csta.Append(nil, &csta.SystemStatus{SystemStatus: csta.SystemStatusMessagesLost}, edition)
}
