// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/services/targetconfig"
)

// FindSessions implements SessionServiceServer. A user is known by the name of
// its CTIUser, its user name or the register-id of a session manager that has
// its rights.
func (s *Server) FindSessions(_ context.Context, request *sessionv1.FindSessionsRequest) (*sessionv1.FindSessionsResponse, error) {
	if !s.store.Synced() {
		return nil, status.Error(codes.Unavailable, "sessions are not read yet")
	}
	count := 0
	for _, target := range s.options.Targets.Snapshot().Targets() {
		if request.GetTarget() != "" && request.GetTarget() != target.Name {
			continue
		}
		for user := range usersMeant(target, request.GetUser()) {
			count += len(s.store.OfUser(target.Name, user))
		}
	}
	return &sessionv1.FindSessionsResponse{Sessions: uint32(count)}, nil
}

// usersMeant are the user names that a name stands for in a target.
func usersMeant(target *targetconfig.Target, name string) map[string]struct{} {
	users := make(map[string]struct{})
	if manager, ok := target.SessionManager(name); ok && manager.User != nil {
		users[manager.User.GetUser()] = struct{}{}
	}
	for _, user := range target.Users {
		if user.GetName() == name || user.GetUser() == name {
			users[user.GetUser()] = struct{}{}
		}
	}
	return users
}
