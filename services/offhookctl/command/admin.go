// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// errNoXML tells that administrators' answers are no CSTA.
var errNoXML = fmt.Errorf("%w: -o xml is for CSTA services; use -o json", errUsage)

// Sessions is `offhookctl sessions`.
type Sessions struct {
	Target string `help:"Only sessions of this CMETarget."`
}

// Run implements the command.
func (s *Sessions) Run(c *Connection, env *Environment) error {
	return c.administer(env, func(ctx context.Context, connection *grpc.ClientConn) error {
		client := sessionv1.NewSessionServiceClient(connection)
		answer, err := client.ListSessions(ctx, &sessionv1.ListSessionsRequest{Target: s.Target})
		if err != nil {
			return fmt.Errorf("list sessions: %w", err)
		}
		if c.Output == "json" {
			return writeMessage(env, answer)
		}
		table := tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "SESSION\tUSER\tLINE\tTARGET\tMONITORS\tEDITION\tPEER\tOPENED\tEXPIRES")
		for _, session := range answer.Sessions {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", session.SessionId, session.User, session.Line, session.Target,
				session.Monitors, session.Edition, session.Peer, session.Opened.AsTime().Format(time.RFC3339), session.Expires.AsTime().Format(time.RFC3339))
		}
		return table.Flush()
	})
}

// ClearSession is `offhookctl clear-session`.
type ClearSession struct {
	Session string `arg:"" help:"Session id, or as much of its beginning as is unambiguous; see offhookctl sessions."`
}

// Run implements the command.
func (s *ClearSession) Run(c *Connection, env *Environment) error {
	return c.administer(env, func(ctx context.Context, connection *grpc.ClientConn) error {
		client := sessionv1.NewSessionServiceClient(connection)
		if _, err := client.ClearSession(ctx, &sessionv1.ClearSessionRequest{SessionId: s.Session}); err != nil {
			return fmt.Errorf("clear session: %w", err)
		}
		if c.Output == "json" {
			return json.NewEncoder(env.Out).Encode(map[string]string{"cleared": s.Session})
		}
		_, err := fmt.Fprintln(env.Out, "cleared", s.Session)
		return err
	})
}

// writeMessage writes an answer as JSON, the same on every run.
func writeMessage(env *Environment, answer proto.Message) error {
	text, err := protojson.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return json.NewEncoder(env.Out).Encode(value)
}

func (c *Connection) administer(env *Environment, do func(context.Context, *grpc.ClientConn) error) error {
	if c.Output == "xml" {
		return errNoXML
	}
	transport, err := c.adminCredentials()
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(c.Admin, grpc.WithTransportCredentials(transport))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", c.Admin, err)
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(env.Context, c.Timeout)
	defer cancel()
	return do(ctx, connection)
}

func (c *Connection) adminCredentials() (credentials.TransportCredentials, error) {
	if c.AdminCA == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(c.AdminCA)
	if err != nil {
		return nil, fmt.Errorf("read --admin-ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("read --admin-ca: no certificate in it")
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	if c.AdminCert != "" {
		pair, err := tls.LoadX509KeyPair(c.AdminCert, c.AdminKey)
		if err != nil {
			return nil, fmt.Errorf("read --admin-cert and --admin-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}
