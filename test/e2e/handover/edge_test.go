// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/directory"
	"offhook.dev/services/sip-edge/edge"
	"offhook.dev/services/sipstack"
)

// runningEdge is one replica of sip-edge.
type runningEdge struct {
	*edge.Edge
	udp, tcp string
	stop     func()
}

// startEdge starts an edge at addresses for UDP and TCP. All edges have the same
// keys.
func (o *office) startEdge(id, udp, tcp string) *runningEdge {
	o.t.Helper()
	config := edge.NewDefaultConfig()
	config.SIP.Listen = []string{"udp:" + udp, "tcp:" + tcp}
	config.SIP.InternalListen = "127.0.0.1:0"
	config.SIP.FlowTokenKeyFile, config.Digest.NonceKeyFile = o.keyFile, o.keyFile
	config.Limits.RequestsPerSecond = 0
	own := &statev1.Replica{Id: id, Service: directory.SIPEdge}
	made, err := edge.New(config, edge.Dependencies{
		Replica: own, Targets: o.source, Owners: o.directory, Sessions: o.directory, Dialogs: o.bus.Dialogs(), SessionManagers: o.bus.SessionManagers(),
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Trace: o.wire.note,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	e := &runningEdge{Edge: made}
	for _, address := range made.Addresses() {
		if _, isUDP := address.(*net.UDPAddr); isUDP {
			e.udp = address.String()
		} else {
			e.tcp = address.String()
		}
	}
	stopAnnouncing := o.run(func(ctx context.Context) error { return o.directory.Announce(ctx, own) })
	stopEdge := o.run(made.Run)
	e.stop = func() { stopAnnouncing(); stopEdge() }
	o.eventually(id+" is known", func() bool { _, known := o.directory.Replica(id); return known })
	o.t.Cleanup(o.stopPhones)
	return e
}

// replaceEdge ends the edge and starts another one at the same address, as
// behind a Service.
func (o *office) replaceEdge(id string) {
	o.t.Helper()
	limit, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	if err := o.edge.Drain(limit); err != nil {
		o.t.Fatal(err)
	}
	o.edge.stop()
	o.edge = o.startEdge(id, o.edge.udp, o.edge.tcp)
	o.eventually(id+" is known to the owner", func() bool {
		edges := o.owner.directory.Replicas(directory.SIPEdge)
		return len(edges) == 1 && edges[0].GetId() == id
	})
}

// wire keeps the start lines of requests that an edge sent to phones, but of those
// that tell of messages outside any dialog: each owner does so at first.
type wire struct {
	mutex sync.Mutex
	lines []string
}

func (w *wire) note(direction sipstack.TraceDirection, _ sipstack.Flow, raw []byte) {
	line, _, _ := strings.Cut(string(raw), "\r\n")
	if direction != sipstack.TraceSent || !strings.HasSuffix(line, " SIP/2.0") || bytes.Contains(raw, []byte("\r\nEvent: message-summary")) {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.lines = append(w.lines, line)
}

// taken gives the lines since it was last called.
func (w *wire) taken() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	lines := w.lines
	w.lines = nil
	return lines
}
