// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"offhook.dev/services/skinny"
)

const (
	// defaultKeepAlive of a target that says none; a phone that is silent for
	// silentKeepAlives of its target's is gone.
	defaultKeepAlive = 30 * time.Second
	silentKeepAlives = 3
	// tokenWait is after how many seconds a refused phone may ask again.
	tokenWait = 60
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
	target, keepAlive, known := l.targetOf(who.device)
	switch {
	case !known:
		l.refuse(network, source, who.id, "unknown_device", "Error: Unknown Device", nil)
		return
	case !proves(network, who.device):
		l.refuse(network, source, who.id, "certificate", "Error: Certificate", nil)
		return
	}
	_ = network.SetDeadline(time.Time{})
	phone := patient{Conn: network, silence: silentKeepAlives * keepAlive}
	if err := l.relay.Relay(ctx, phone, who.raw, target); err != nil && ctx.Err() == nil {
		l.refuse(network, source, who.id, "not_served", "Error: Not Served Now", err)
	}
}

// targetOf finds the target of a phone and how often the phone says that it is
// there.
func (l *Listener) targetOf(device string) (name string, keepAlive time.Duration, ok bool) {
	snapshot := l.options.Targets.Snapshot()
	target, ok := snapshot.SkinnyAutoAssignTarget()
	if phone, known := snapshot.SkinnyPhone(device); known {
		target, ok = phone.Target, true
	}
	if !ok {
		return "", 0, false
	}
	keepAlive = target.Config.GetDriver().GetSkinny().GetKeepalive().AsDuration()
	if keepAlive <= 0 {
		keepAlive = defaultKeepAlive
	}
	return target.Name, keepAlive, true
}

// refuse tells the phone why it is not served, and waits for it to have read
// that: data that is not read when a connection closes takes the answer along.
func (l *Listener) refuse(network net.Conn, source string, id skinny.ID, reason, text string, err error) {
	l.note(source, reason, err)
	var answer skinny.Message = &skinny.RegisterReject{Text: text}
	if id == skinny.IDRegisterTokenReq {
		answer = &skinny.RegisterTokenReject{WaitSeconds: tokenWait}
	}
	_ = network.SetDeadline(time.Now().Add(linger))
	if _, err := network.Write(skinny.Append(nil, answer, skinny.Dialect{Version: skinny.MinVersion})); err != nil {
		return
	}
	if half, ok := network.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, network)
	}
}

// proves tells whether the certificate of a TLS connection, where it has one, is
// the phone's: its common name ends in the device name.
func proves(network net.Conn, device string) bool {
	secure, ok := network.(*tls.Conn)
	if !ok {
		return true
	}
	certificates := secure.ConnectionState().PeerCertificates
	return len(certificates) == 0 || strings.HasSuffix(certificates[0].Subject.CommonName, device)
}

// reasonOf is why reading a registration failed.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, skinny.ErrLength), errors.Is(err, skinny.ErrVersion):
		return "no_skinny"
	case errors.Is(err, errTooMuch):
		return "too_much"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "silent"
	}
	return "closed"
}
