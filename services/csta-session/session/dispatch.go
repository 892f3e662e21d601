// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"maps"

	"offhook.dev/csta"
)

// serveFunc serves a request. A nil response is an empty one: services of the
// routeing dialogue have no positive response.
type serveFunc func(ctx context.Context, s *Server, c *call, request csta.Message) (csta.Message, error)

// service is one row of the dispatch table: how a request is served, and where
// GetCSTAFeatures tells of it.
type service struct {
	serve serveFunc
	// list and capability place the service in GetCSTAFeaturesResponse; a nil
	// list: it is not told.
	list       listFunc
	capability string
	// audit writes each request to the audit log.
	audit bool
}

// listFunc finds a list of GetCSTAFeaturesResponse.
type listFunc func(*csta.SupportedServices) *csta.CapabilityList

// newServices is the dispatch table. A request that is not in it is answered
// with serviceNotSupported.
func newServices() map[string]service {
	services := make(map[string]service)
	for _, group := range []map[string]service{
		systemServices(), monitoringServices(), snapshotServices(), callControlServices(), twoCallServices(), diversionServices(),
		callAssociatedServices(), logicalServices(), physicalServices(), informationServices(), routeingServices(),
	} {
		maps.Copy(services, group)
	}
	return services
}

// typed serves a request of one type.
func typed[Request csta.Message](serve func(context.Context, *Server, *call, Request) (csta.Message, error)) serveFunc {
	return func(ctx context.Context, s *Server, c *call, request csta.Message) (csta.Message, error) {
		return serve(ctx, s, c, request.(Request))
	}
}

// ofDevice serves a request about one line, on which the user needs a right.
func ofDevice[Request csta.Message](
	need right, of func(Request) csta.DeviceID,
	serve func(ctx context.Context, c *call, number string, request Request) (csta.Message, error),
) serveFunc {
	return func(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
		request := message.(Request)
		found, err := c.lineWith(need, of(request).Text, roleSubject)
		if err != nil {
			return nil, err
		}
		s.learn(ctx, c, found.number, found.written)
		return serve(ctx, c, found.number, request)
	}
}
