// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sipstack

import "net"

// rawWriter is not to be had here: every write goes by a goroutine.
type rawWriter struct{}

func newRawWriter(net.Conn) rawWriter     { return rawWriter{} }
func (rawWriter) ok() bool                { return false }
func (rawWriter) try([]byte) (int, error) { return 0, nil }
