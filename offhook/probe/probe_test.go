// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"offhook.dev/offhook/allinone/allinonetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quickstart starts an installation, and gives the options of a probe of it.
func quickstart(t *testing.T) Options {
	t.Helper()
	// Applications and phones use one port, by different transports.
	first := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	server := first.Server("tcp")
	first.Stop(t)
	options := allinonetest.Options(allinonetest.Quickstart(t))
	options.SIP = []string{"tcp:" + server, "udp:" + server}
	allinonetest.Start(t, options)
	return Options{
		Server: server, Transport: "tcp", PhoneTransport: "udp", Domain: "offhook.test", Media: true,
		Phones: [2]Phone{{"1001", "1001", "pw1001"}, {"1002", "1002", "pw1002"}},
		User:   "alice", Password: "alice-secret",
	}
}

func TestGoodInstallation(t *testing.T) {
	options := quickstart(t)
	for _, transport := range []struct{ application, phone string }{{"tcp", "udp"}, {"udp", "tcp"}} {
		t.Run(transport.application, func(t *testing.T) {
			var out bytes.Buffer
			options := options
			options.Transport, options.PhoneTransport, options.Out = transport.application, transport.phone, &out
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := Run(ctx, options); err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			var steps []string
			for line := range strings.Lines(out.String()) {
				_, step, _ := strings.Cut(strings.TrimSpace(line), "  ok  ")
				steps = append(steps, step)
			}
			if diff := cmp.Diff([]string{
				"phones 1001 and 1002 register", "the application opens a CSTA session", "it monitors both lines",
				"it makes a call from 1001 to 1002", "1002 answers", "the phones hear each other",
				"the call is held and taken back", "the call is cleared", "every event came once and in order",
			}, steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFaults wants the step that fails, why, and what to do next.
func TestFaults(t *testing.T) {
	good := quickstart(t)
	for name, test := range map[string]struct {
		change    func(*Options)
		step, why string
	}{
		"a phone's password":    {func(o *Options) { o.Phones[1].Password = "wrong" }, "phones 1001 and 1002 register", "register 1002: 40"},
		"a phone that is none":  {func(o *Options) { o.Phones[0] = Phone{"1999", "1999", "x"} }, "phones 1999 and 1002 register", "register 1999: 40"},
		"the user's password":   {func(o *Options) { o.Password = "wrong" }, "the application opens a CSTA session", "INVITE: 40"},
		"no right on the line":  {func(o *Options) { o.User, o.Password = "bob", "bob-secret" }, "the application opens a CSTA session", "INVITE: 40"},
		"a domain of no target": {func(o *Options) { o.Domain = "nobody.invalid" }, "phones 1001 and 1002 register", "register 1001: 40"},
		"nobody there":          {func(o *Options) { o.Server = unused(t) }, "phones 1001 and 1002 register", "1001"},
	} {
		t.Run(name, func(t *testing.T) {
			options := good
			test.change(&options)
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			err := Run(ctx, options)
			var failed *StepError
			if !errors.As(err, &failed) {
				t.Fatalf("got %v", err)
			}
			if failed.Step != test.step || failed.Next == "" || !strings.Contains(failed.Error(), test.why) {
				t.Errorf("step %q, next %q: %v", failed.Step, failed.Next, err)
			}
		})
	}
}

// unused is an address that nobody listens at.
func unused(t *testing.T) string {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	return socket.LocalAddr().String()
}
