// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"offhook.dev/services/skinny"
	"offhook.dev/services/skinnyport"
)

const (
	// silentKeepAlives of its target are how long a phone may say nothing.
	silentKeepAlives = 3
	// linger is how long a refused phone may take to read why.
	linger = 2 * time.Second
)

// take serves one connection and closes it.
func (l *Listener) take(ctx context.Context, network net.Conn, source string) {
	defer func() { _ = network.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = network.Close() })
	defer stop()
	_ = network.SetDeadline(time.Now().Add(l.options.RegisterTimeout))
	who, err := readRegistration(network)
	if err != nil {
		if ctx.Err() == nil {
			l.note(source, reasonOf(err), err)
		}
		return
	}
	target, known := l.options.Targets.Snapshot().SkinnyTarget(who.device)
	switch {
	case !known:
		l.refuse(network, source, who.id, "unknown_device", "Error: Unknown Device", nil)
		return
	case !skinnyport.Proves(network, who.device):
		l.refuse(network, source, who.id, "certificate", "Error: Certificate", nil)
		return
	}
	_ = network.SetDeadline(time.Time{})
	phone := patient{Conn: network, silence: silentKeepAlives * target.SkinnyKeepAlive()}
	if err := l.relay.Relay(ctx, phone, who.raw, target.Name); err != nil && ctx.Err() == nil {
		l.refuse(network, source, who.id, "not_served", "Error: Not Served Now", err)
	}
}

// refuse tells the phone why it is not served, and waits for it to have read
// that: data that is not read when a connection closes takes the answer along.
func (l *Listener) refuse(network net.Conn, source string, id skinny.ID, reason, text string, err error) {
	l.note(source, reason, err)
	answer := skinnyport.Refusal(id, text)
	_ = network.SetDeadline(time.Now().Add(linger))
	if _, err := network.Write(skinny.Append(nil, answer, skinny.Dialect{Version: skinny.MinVersion})); err != nil {
		return
	}
	if half, ok := network.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, network)
	}
}

// reasonOf is why reading a registration failed.
func reasonOf(err error) string {
	if errors.Is(err, errTooMuch) {
		return "too_much"
	}
	return skinnyport.Reason(err)
}
