// SPDX-License-Identifier: Apache-2.0

// Command baseline is what Offhook is measured against: a bare sipgo
// transaction server that answers every INVITE and INFO with a canned body and
// knows nothing of CSTA.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:5090", "TCP address to serve")
	size := flag.Int("answer", 638, "bytes of the canned answer")
	flag.Parse()
	if err := run(*listen, *size); err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

func run(listen string, size int) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	quiet := slog.New(slog.DiscardHandler)
	agent, err := sipgo.NewUA()
	if err != nil {
		return fmt.Errorf("make user agent: %w", err)
	}
	defer func() { _ = agent.Close() }()
	server, err := sipgo.NewServer(agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		return fmt.Errorf("make server: %w", err)
	}
	body := []byte(strings.Repeat("x", size))
	contentType := sip.ContentTypeHeader("application/csta+xml")
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: "127.0.0.1", Port: 5090}}
	answer := func(request *sip.Request, transaction sip.ServerTransaction) {
		response := sip.NewResponseFromRequest(request, sip.StatusOK, "OK", body)
		response.AppendHeader(&contentType)
		if request.IsInvite() {
			response.AppendHeader(&contact)
		}
		_ = transaction.Respond(response)
	}
	server.OnInvite(answer)
	server.OnInfo(answer)
	server.OnBye(answer)
	server.OnAck(func(*sip.Request, sip.ServerTransaction) {})
	if err := server.ListenAndServe(ctx, "tcp", listen); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
