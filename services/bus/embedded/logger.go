// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

// logger passes the server's warnings and errors on.
type logger struct{ to *slog.Logger }

var _ server.Logger = logger{}

func (l logger) Noticef(format string, v ...any) {
	l.to.Debug("NATS server", "text", fmt.Sprintf(format, v...))
}
func (l logger) Warnf(format string, v ...any) {
	l.to.Warn("NATS server", "text", fmt.Sprintf(format, v...))
}
func (l logger) Errorf(format string, v ...any) {
	l.to.Error("NATS server", "text", fmt.Sprintf(format, v...))
}
func (l logger) Fatalf(format string, v ...any) {
	l.to.Error("NATS server", "text", fmt.Sprintf(format, v...))
}
func (logger) Debugf(string, ...any) {}
func (logger) Tracef(string, ...any) {}
