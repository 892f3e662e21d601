// SPDX-License-Identifier: Apache-2.0

package link

import (
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	linkv1 "offhook.dev/proto/offhook/link/v1"
)

// Server holds service implementations, registered once, and serves them over
// links and plain gRPC. It is safe for concurrent use after registration.
type Server struct {
	options  ServerOptions
	methods  methods
	services []service
	// slots bounds the calls served at a time.
	slots chan struct{}
	pool  buffers

	drain    chan struct{}
	draining sync.Once
}

type service struct {
	desc           *grpc.ServiceDesc
	implementation any
}

var _ grpc.ServiceRegistrar = (*Server)(nil)

// NewServer gives a server without services.
func NewServer(options ServerOptions) *Server {
	options = options.withDefaults()
	return &Server{
		options: options,
		methods: methods{},
		slots:   make(chan struct{}, options.MaxConcurrent),
		drain:   make(chan struct{}),
	}
}

// RegisterService adds a service; call it before Attach.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	s.methods.RegisterService(desc, implementation)
	s.services = append(s.services, service{desc: desc, implementation: implementation})
}

// Attach registers every service and the link service on a gRPC server that
// was made with GRPCOptions.
func (s *Server) Attach(server grpc.ServiceRegistrar) {
	for _, registered := range s.services {
		server.RegisterService(registered.desc, registered.implementation)
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: linkv1.LinkService_ServiceDesc.ServiceName,
		Metadata:    linkv1.LinkService_ServiceDesc.Metadata,
		Streams: []grpc.StreamDesc{{
			StreamName:    linkv1.LinkService_ServiceDesc.Streams[0].StreamName,
			Handler:       func(_ any, stream grpc.ServerStream) error { return s.exchange(stream) },
			ServerStreams: true,
			ClientStreams: true,
		}},
	}, nil)
}

// GRPCOptions are the options that a gRPC server needs to serve links: a codec
// that carries them without encoding twice, keep-alive probes allowed as often
// as links send them, sizes and windows.
func (s *Server) GRPCOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(s.options.MaxMessageBytes + chunkSlack),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}),
		grpc.InitialWindowSize(1 << 20),
		grpc.InitialConnWindowSize(4 << 20),
		grpc.WaitForHandlers(true),
	}
}

// Drain refuses further calls on links with UNAVAILABLE and ends each link when
// its last call was answered. Call it before grpc.Server.GracefulStop, which
// waits for the links.
func (s *Server) Drain() { s.draining.Do(func() { close(s.drain) }) }
