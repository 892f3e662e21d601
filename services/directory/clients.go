// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// Clients gives clients of services by what a call is about. Each call of such
// a client finds its replica anew, so a client may be kept. A call that finds
// no live replica fails with UNAVAILABLE.
type Clients interface {
	// PhoneControl reaches the owner of a target. A NOT_OWNER answer is sent
	// once more after the lease was read again; a target without an owner is
	// waited for, within limits.
	PhoneControl(target string) phonecontrolv1.PhoneControlServiceClient
	// Monitor reaches the replica that holds the monitors of a session.
	Monitor(sessionID string) monitorv1.MonitorServiceClient
	// Edge reaches one edge by its replica id.
	Edge(edgeID string) edgev1.EdgeServiceClient
	// Sessions reaches a csta-session replica; equal keys reach the same one
	// while it lives.
	Sessions(key string) sessionv1.SessionServiceClient
}

var _ Clients = (*Directory)(nil)

// PhoneControl implements Clients.
func (d *Directory) PhoneControl(target string) phonecontrolv1.PhoneControlServiceClient {
	return phonecontrolv1.NewPhoneControlServiceClient(&ownerConn{directory: d, target: target})
}

// Monitor implements Clients.
func (d *Directory) Monitor(sessionID string) monitorv1.MonitorServiceClient {
	return monitorv1.NewMonitorServiceClient(&keyConn{directory: d, service: Monitor, key: sessionID})
}

// Edge implements Clients.
func (d *Directory) Edge(edgeID string) edgev1.EdgeServiceClient {
	return edgev1.NewEdgeServiceClient(&replicaConn{directory: d, id: edgeID})
}

// Sessions implements Clients.
func (d *Directory) Sessions(key string) sessionv1.SessionServiceClient {
	return sessionv1.NewSessionServiceClient(&keyConn{directory: d, service: CSTASession, key: key})
}

// Conn calls a live replica, or one of this process. Errors are gRPC statuses.
func (d *Directory) Conn(id string) (grpc.ClientConnInterface, error) {
	if _, err := d.endpoint(id); err != nil {
		return nil, err
	}
	return &replicaConn{directory: d, id: id}, nil
}

// endpoint is where a replica serves gRPC; one of this process needs none.
func (d *Directory) endpoint(id string) (string, error) {
	if d.pool.isLocal(id) {
		return "", nil
	}
	replica, ok := d.Replica(id)
	if !ok {
		return "", status.Errorf(codes.Unavailable, "replica %s is not live", id)
	}
	return replica.GetGrpcEndpoint(), nil
}

// unary is the part of a connection that these clients lack: streams.
type unary struct{}

// NewStream implements grpc.ClientConnInterface.
func (unary) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "services of this project have no streams")
}

// replicaConn calls one replica.
type replicaConn struct {
	unary
	directory *Directory
	id        string
}

var _ grpc.ClientConnInterface = (*replicaConn)(nil)

// Invoke implements grpc.ClientConnInterface.
func (c *replicaConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	endpoint, err := c.directory.endpoint(c.id)
	if err != nil {
		return err
	}
	return c.directory.pool.invoke(ctx, c.id, endpoint, method, args, reply, opts)
}

// keyConn calls the replica of a service that Pick gives.
type keyConn struct {
	unary
	directory    *Directory
	service, key string
}

var _ grpc.ClientConnInterface = (*keyConn)(nil)

// Invoke implements grpc.ClientConnInterface.
func (c *keyConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	picked, ok := c.directory.Pick(c.service, c.key)
	if !ok {
		return status.Errorf(codes.Unavailable, "no replica of %s is live", c.service)
	}
	return c.directory.pool.invoke(ctx, picked.GetId(), picked.GetGrpcEndpoint(), method, args, reply, opts)
}
