// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"offhook.dev/services/sipstack"
)

// ContentType of CSTA bodies (ECMA TR/87).
const ContentType = "application/csta+xml"

// Options of a client. Server is required.
type Options struct {
	// Server is host:port of the CSTA server.
	Server string
	// Transport is "tcp" (default) or "udp".
	Transport string
	// LocalIP to send from; chosen by the route to Server where empty.
	LocalIP string
	// Product goes into User-Agent.
	Product string
	Logger  *slog.Logger
	// Trace, where set, sees every SIP message.
	Trace func(direction sipstack.TraceDirection, raw []byte)
}

// Client opens CSTA sessions over one SIP endpoint. It is safe for concurrent
// use.
type Client struct {
	options  Options
	endpoint *sipstack.Endpoint
	cancel   context.CancelFunc
	stopped  chan error
	running  context.Context //nolint:containedctx // the client's life, not a request's
	// group are the sessions that open their way to the server again.
	group sync.WaitGroup

	mutex    sync.Mutex
	sessions map[*Session]struct{}
}

// New opens the client's SIP port and starts to serve it. Close ends it.
func New(ctx context.Context, options Options) (*Client, error) {
	if options.Transport == "" {
		options.Transport = "tcp"
	}
	if options.Product == "" {
		options.Product = "offhookctl"
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if _, _, err := net.SplitHostPort(options.Server); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if options.LocalIP == "" {
		ip, err := sourceAddress(ctx, options.Server)
		if err != nil {
			return nil, err
		}
		options.LocalIP = ip
	}
	config := sipstack.Config{Logger: options.Logger, Product: options.Product}
	if options.Trace != nil {
		config.Trace = func(direction sipstack.TraceDirection, _ sipstack.Flow, raw []byte) { options.Trace(direction, raw) }
	}
	endpoint, err := sipstack.NewEndpoint(config)
	if err != nil {
		return nil, fmt.Errorf("make sip endpoint: %w", err)
	}
	if _, err := endpoint.Listen(options.Transport, net.JoinHostPort(options.LocalIP, "0")); err != nil {
		return nil, fmt.Errorf("open sip port: %w", err)
	}
	client := &Client{options: options, endpoint: endpoint, stopped: make(chan error, 1), sessions: make(map[*Session]struct{})}
	endpoint.SetHandler(strangers{})
	endpoint.OnFlowClosed(client.reconnect)
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	client.cancel, client.running = cancel, run
	go func() { client.stopped <- endpoint.Run(run) }()
	return client, nil
}

// Close ends the endpoint with all sessions that are still open, without BYE,
// and returns when its goroutines are gone. Close each session first.
func (c *Client) Close() error {
	c.cancel()
	err := <-c.stopped
	c.group.Wait() // the endpoint starts none of them any more
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close sip endpoint: %w", err)
	}
	return nil
}

// sourceAddress is the local address that packets to the server leave from.
func sourceAddress(ctx context.Context, server string) (string, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "udp", server) // sends nothing
	if err != nil {
		return "", fmt.Errorf("find the way to %s: %w", server, err)
	}
	defer func() { _ = connection.Close() }()
	address, ok := connection.LocalAddr().(*net.UDPAddr)
	if !ok {
		return "", fmt.Errorf("find the way to %s: no address", server)
	}
	return address.IP.String(), nil
}

// strangers answers requests that belong to no session.
type strangers struct{}

func (strangers) HandleRequest(tx *sipstack.ServerTx) {
	if tx.Request().Method == "OPTIONS" {
		_ = tx.RespondOptions([]sipstack.RequestMethod{"INFO", "BYE", "OPTIONS"}, []string{ContentType}, nil)
		return
	}
	_ = tx.RejectMethod("INFO", "BYE", "OPTIONS")
}

func (strangers) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}
