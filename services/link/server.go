// SPDX-License-Identifier: Apache-2.0

package link

import (
	"google.golang.org/grpc"
)

// Server holds service implementations, registered once, and serves them over
// links and plain gRPC.
type Server struct{}

var _ grpc.ServiceRegistrar = (*Server)(nil)

// NewServer gives a server without services.
func NewServer(options ServerOptions) *Server { return &Server{} }

// RegisterService adds a service; call it before Attach.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {}

// Attach registers every service and the link service on a gRPC server that
// was made with GRPCOptions.
func (s *Server) Attach(server *grpc.Server) {}

// GRPCOptions are the options that a gRPC server needs to serve links: a codec
// that carries link messages without encoding them twice.
func (s *Server) GRPCOptions() []grpc.ServerOption { return nil }
