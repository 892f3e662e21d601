// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestMachines runs the transcripts of testdata/machine_*.txt: "server" or
// "client" with invite, reliable and resend, then one event a line.
func TestMachines(t *testing.T) {
	timers := &Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second,
		TimerB: 32 * time.Second, TimerF: 32 * time.Second, TimerC: 3 * time.Minute}
	events := map[string]txEvent{
		"start": evStart, "request": evRequest, "ack": evAck, "provisional": evProvisional, "success": evSuccess,
		"failure": evFailure, "retry": evRetry, "deadline": evDeadline, "fault": evFault,
	}
	for _, file := range []string{"server", "client"} {
		datadriven.RunTest(t, "testdata/machine_"+file+".txt", func(t *testing.T, d *datadriven.TestData) string {
			server := serverMachine{invite: d.HasArg("invite"), reliable: d.HasArg("reliable"), resend: d.HasArg("resend")}
			client := clientMachine{invite: d.HasArg("invite"), reliable: d.HasArg("reliable")}
			var out strings.Builder
			for name := range strings.FieldsSeq(d.Input) {
				ev, ok := events[name]
				if !ok {
					d.Fatalf(t, "unknown event %s", name)
				}
				var s txStep
				state := &client.state
				if d.Cmd == "server" {
					s, state = server.step(ev, timers), &server.state
				} else {
					s = client.step(ev, timers)
				}
				fmt.Fprintf(&out, "%-11s -> %-10s %s\n", name, state, s)
			}
			return out.String()
		})
	}
}

func (s txStep) String() string {
	var out []string
	for _, f := range []struct {
		on   bool
		name string
	}{{s.trying, "100"}, {s.send, "send"}, {s.ack, "ACK"}, {s.deliver, "deliver"}, {s.stray, "stray"},
		{s.timeout, "timeout"}, {s.fault, "fault"}, {s.giveUp, "CANCEL"}} {
		if f.on {
			out = append(out, f.name)
		}
	}
	for _, f := range []struct {
		d    time.Duration
		name string
	}{{s.retry, "retry"}, {s.deadline, "deadline"}} {
		switch {
		case f.d > 0:
			out = append(out, f.name+"="+f.d.String())
		case f.d < 0:
			out = append(out, f.name+"=stop")
		}
	}
	if s.done {
		out = append(out, "done")
	}
	return strings.Join(out, " ")
}
