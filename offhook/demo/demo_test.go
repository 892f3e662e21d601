// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook.dev/offhook/allinone/allinonetest"
)

// transcript is what the demonstration prints; it tells when it has a text.
type transcript struct {
	mutex sync.Mutex
	text  bytes.Buffer
	until string
	found chan struct{}
}

func (o *transcript) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	before := strings.Contains(o.text.String(), o.until)
	n, err := o.text.Write(text)
	if !before && strings.Contains(o.text.String(), o.until) {
		close(o.found)
	}
	return n, err
}

func (o *transcript) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

func TestDemonstration(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	server := process.Server("tcp")
	// Phones use UDP at the same port.
	options := allinonetest.Options(allinonetest.Quickstart(t))
	process.Stop(t)
	options.SIP = []string{"tcp:" + server, "udp:" + server}
	allinonetest.Start(t, options)

	out := &transcript{until: "Ctrl-C ends everything", found: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{Server: server, Admin: "ADMIN", Metrics: "METRICS", Manifests: "FOLDER", Out: out})
	}()
	select {
	case <-out.found:
	case err := <-ended:
		t.Fatalf("it ended: %v\n%s", err, out)
	case <-time.After(40 * time.Second):
		t.Fatalf("it does not come to its end:\n%s", out)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	// Each response comes before the events that it caused, each event after.
	inOrder(t, out.String(),
		`── Three software phones register`, `☎  phone 100[125] registered`, `☎  phone 100[125] registered`, `☎  phone 100[125] registered`,
		`→ INVITE RequestSystemStatus`, `← 200 RequestSystemStatusResponse normal`,
		`→ GetCSTAFeatures`, `← services .*makeCall`,
		`→ MonitorStart 1001`, `← monitorCrossRefID`, `→ MonitorStart 1002`, `← monitorCrossRefID`,
		`→ MakeCall 1001 to 1002`, `← MakeCallResponse, call`, `⚡ monitor .*ServiceInitiated`, `⚡ monitor .*Originated`, `⚡ monitor .*Delivered`, `⚡ monitor .*Delivered`,
		`→ AnswerCall at 1002`, `← AnswerCallResponse`, `⚡ monitor .*Established`, `⚡ monitor .*Established`,
		`♪ Alice has received \d+ packets`,
		`→ HoldCall at 1001`, `← HoldCallResponse`, `⚡ monitor .*Held`, `⚡ monitor .*Held`, `♪ no packet`,
		`→ RetrieveCall at 1001`, `← RetrieveCallResponse`, `⚡ monitor .*Retrieved`, `⚡ monitor .*Retrieved`, `♪ Alice has received`,
		`→ SnapshotDevice 1001`, `← one call: `, `→ ConsultationCall from 1001 to 1005`, `← ConsultationCallResponse, call`,
		`⚡ monitor .*Held`, `⚡ monitor .*Delivered`, `→ AnswerCall at 1005`, `⚡ monitor .*Established`, `♪ Alice has received .*Carol`,
		`→ TransferCall of both calls at 1001`, `← TransferCallResponse, call`, `⚡ monitor .*Transfered`, `⚡ monitor .*Transfered`, `⚡ monitor .*Transfered`,
		`♪ Bob has received .*Carol`,
		`→ SnapshotDevice 1002`, `← one call: `, `→ ClearConnection at 1002`, `← ClearConnectionResponse`,
		`⚡ monitor .*ConnectionCleared`, `⚡ monitor .*ConnectionCleared`, `⚡ monitor .*ConnectionCleared`, `→ BYE`,
		`OFFHOOK_SERVER=`+regexp.QuoteMeta(server), `--admin ADMIN sessions`, `FOLDER/target.yaml`, `http://METRICS/metrics`,
	)
}

// inOrder looks for lines that match the patterns one after the other.
func inOrder(t *testing.T, text string, patterns ...string) {
	t.Helper()
	rest := strings.Split(text, "\n")
next:
	for _, pattern := range patterns {
		expression := regexp.MustCompile(pattern)
		for i, line := range rest {
			if expression.MatchString(line) {
				rest = rest[i+1:]
				continue next
			}
		}
		t.Fatalf("no line %q in its place:\n%s", pattern, text)
	}
}

func TestDemonstrationFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &transcript{until: "registration failed", found: make(chan struct{})}
	ended := make(chan error, 1)
	// Nothing listens on port 1.
	go func() { ended <- Run(ctx, Options{Server: "127.0.0.1:1", Out: out}) }()
	cancelled := time.AfterFunc(300*time.Millisecond, cancel)
	defer cancelled.Stop()
	if err := <-ended; err != nil {
		t.Errorf("an interrupted demonstration fails: %v", err)
	}
}
