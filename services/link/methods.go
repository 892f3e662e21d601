// SPDX-License-Identifier: Apache-2.0

package link

import (
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// method is one unary method of a registered implementation.
type method struct {
	implementation any
	handler        grpc.MethodHandler
}

// methods are registered unary methods by their full name.
type methods map[string]method

// RegisterService implements grpc.ServiceRegistrar.
func (m methods) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	for _, described := range desc.Methods {
		m["/"+desc.ServiceName+"/"+described.MethodName] = method{implementation: implementation, handler: described.Handler}
	}
}

func (m methods) unknown(name string) error {
	service, method, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if !ok {
		return status.Errorf(codes.Unimplemented, "malformed method name: %q", name)
	}
	for known := range m {
		if strings.HasPrefix(known, "/"+service+"/") {
			return status.Errorf(codes.Unimplemented, "unknown method %s for service %s", method, service)
		}
	}
	return status.Errorf(codes.Unimplemented, "unknown service %s", service)
}

// statusOf is the status that gRPC would send for a handler's error.
func statusOf(err error) *status.Status {
	converted, ok := status.FromError(err)
	if !ok {
		converted = status.FromContextError(err)
	}
	return converted
}
