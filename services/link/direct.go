// SPDX-License-Identifier: Apache-2.0

package link

import (
	"google.golang.org/grpc"
)

// Direct gives a connection to services in this process: the register function
// names them, a call is a method call. See the type for what callee and caller
// must keep to.
func Direct(register func(grpc.ServiceRegistrar)) grpc.ClientConnInterface {
	return nil
}
