// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
)

// RefreshSession implements SessionServiceServer. The session lives on with its
// monitors; an edge that took the dialog over becomes its edge.
func (s *Server) RefreshSession(ctx context.Context, request *sessionv1.RefreshSessionRequest) (*sessionv1.RefreshSessionResponse, error) {
	response := &sessionv1.RefreshSessionResponse{}
	if len(request.GetBody()) > 0 {
		if _, err := readSystemStatusRequest(request.GetBody()); err != nil {
			return nil, err
		}
	}
	record, err := s.store.Update(ctx, request.GetSessionId(), func(record *statev1.SessionRecord) bool {
		record.Expires = timestamppb.New(s.options.Now().Add(s.refreshedFor(record, request)))
		setText(&record.Edge, request.GetEdge())
		setText(&record.Contact, request.GetContact())
		setText(&record.Peer, request.GetPeer())
		return true
	})
	if err != nil {
		return nil, unavailable(err)
	}
	if len(request.GetBody()) > 0 {
		response.Body = systemStatusNormal(csta.Edition(record.GetEdition()))
	}
	return response, nil
}

// refreshedFor is how long a refreshed session lives.
func (s *Server) refreshedFor(record *statev1.SessionRecord, request *sessionv1.RefreshSessionRequest) time.Duration {
	if asked := request.GetExpiresSeconds(); asked > 0 {
		return time.Duration(asked) * time.Second
	}
	if target, ok := s.options.Targets.Snapshot().TargetByName(record.GetTarget()); ok {
		expires, _ := s.timers(target)
		return expires
	}
	return s.options.SessionExpires
}

func setText(field *string, value string) {
	if value != "" {
		*field = value
	}
}
