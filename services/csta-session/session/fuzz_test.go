// SPDX-License-Identifier: Apache-2.0

package session

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/csta"
	"offhook.dev/services/csta-session/sessionstore/storetest"
)

// FuzzInvokeService: whatever a client sends is answered with a document that
// the schema allows, or refused as no XML.
func FuzzInvokeService(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "<") {
				f.Add([]byte(line))
			}
		}
	}
	server := startServer(f, storetest.New(), &tape{}, nil)
	server.log, server.audit = slog.New(slog.DiscardHandler), slog.New(slog.DiscardHandler)
	openSession(f, server, "a1")
	f.Fuzz(func(t *testing.T, body []byte) {
		response, err := server.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{SessionId: "a1", Body: body})
		if err != nil {
			if status.Code(err) != codes.InvalidArgument {
				t.Errorf("fault %v", err)
			}
			return
		}
		if len(response.GetBody()) == 0 {
			request, _ := csta.Read(body, csta.ReadOptions{})
			switch request.Message.(type) {
			case *csta.RouteSelect, *csta.RouteReject, *csta.RouteEnd:
				return // they have no positive response
			}
		}
		document, err := csta.Read(response.GetBody(), csta.ReadOptions{Strict: true})
		if err != nil {
			t.Fatalf("response %s: %v", response.GetBody(), err)
		}
		if kind := document.Message.Kind(); kind != csta.KindResponse && kind != csta.KindError {
			t.Errorf("response is a %s", document.Message.Element())
		}
	})
}
