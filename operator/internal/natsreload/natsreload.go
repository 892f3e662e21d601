// SPDX-License-Identifier: Apache-2.0

// Package natsreload owns telling nats-server that its files changed: the
// servers read certificates when they are told to, over the system account.
// Connections stay up. It never restarts a server.
package natsreload

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	systemUser = "system"
	// answerWait is how long servers have to answer.
	answerWait = 2 * time.Second
	// firstWait lets the servers start before they are asked first.
	firstWait = 5 * time.Minute
)

// ErrNoServer: no server answered over the system account.
var ErrNoServer = errors.New("no server answered over the system account")

// Options are a reloader's dependencies.
type Options struct {
	URL string
	// TLS for the connection, made when Ready returned.
	TLS   *tls.Config
	Ready func(context.Context) error
	// Password of the user "system"; empty: not known yet.
	Password func() string
	// Interval between two times. A reload without a change changes nothing.
	Interval time.Duration
	Logger   *slog.Logger
}

// Reloader tells the servers again and again.
type Reloader struct{ options Options }

// New gives a reloader.
func New(options Options) *Reloader { return &Reloader{options: options} }

// NeedLeaderElection makes the manager run it on the leader.
func (r *Reloader) NeedLeaderElection() bool { return true }

// Start tells the servers until the context ends. What fails is tried again at
// the next time: certificates are renewed long before they expire.
func (r *Reloader) Start(ctx context.Context) error {
	if r.options.Ready(ctx) != nil {
		return nil
	}
	timer := time.NewTimer(min(firstWait, r.options.Interval))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if servers, err := r.Reload(ctx); err != nil && ctx.Err() == nil {
			r.options.Logger.Warn("tell nats-server to read its certificates; it is tried again", "error", err)
		} else {
			r.options.Logger.Debug("nats-server read its certificates", "servers", servers)
		}
		timer.Reset(r.options.Interval)
	}
}

// answer is what a server answers over the system account.
type answer struct {
	Server struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"server"`
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

// Reload tells all servers once and returns how many did as told.
func (r *Reloader) Reload(ctx context.Context) (servers int, err error) {
	password := r.options.Password()
	if password == "" {
		return 0, errors.New("the password of the system account is not known yet")
	}
	options := []nats.Option{
		nats.Name("operator/reload"), nats.UserInfo(systemUser, password), nats.NoReconnect(), nats.Timeout(answerWait),
	}
	if r.options.TLS != nil {
		options = append(options, nats.Secure(r.options.TLS))
	}
	connection, err := nats.Connect(r.options.URL, options...)
	if err != nil {
		return 0, fmt.Errorf("connect to the system account: %w", err)
	}
	defer connection.Close()
	found, err := ask(ctx, connection)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, server := range found {
		reply, err := connection.RequestWithContext(ctx, "$SYS.REQ.SERVER."+server.Server.ID+".RELOAD", nil)
		var told answer
		if err == nil {
			err = json.Unmarshal(reply.Data, &told)
		}
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("reload server %s: %w", server.Server.Name, err))
		case told.Error != nil:
			failed = append(failed, fmt.Errorf("reload server %s: %s", server.Server.Name, told.Error.Description))
		default:
			servers++
		}
	}
	return servers, errors.Join(failed...)
}

// ask finds the servers: those that answer in time.
func ask(ctx context.Context, connection *nats.Conn) ([]answer, error) {
	inbox, err := connection.SubscribeSync(connection.NewInbox())
	if err != nil {
		return nil, fmt.Errorf("find servers: %w", err)
	}
	defer func() { _ = inbox.Unsubscribe() }()
	if err := connection.PublishRequest("$SYS.REQ.SERVER.PING", inbox.Subject, nil); err != nil {
		return nil, fmt.Errorf("find servers: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	var found []answer
	for {
		reply, err := inbox.NextMsgWithContext(ctx)
		if err != nil {
			break // the time is over
		}
		var server answer
		if err := json.Unmarshal(reply.Data, &server); err != nil || server.Server.ID == "" {
			continue
		}
		found = append(found, server)
	}
	if len(found) == 0 {
		return nil, ErrNoServer
	}
	return found, nil
}
