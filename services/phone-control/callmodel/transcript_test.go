// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs the stories in testdata. Each command is one input; what
// follows the line are the model's outputs in order. Connections are written
// call/device; the last call made is "c".
//
//	lines 1001 1002 dnd=1003 limit=1 calls=4 drain   configuration; all in service
//	make 1001 1002 [prompt]            MakeCall
//	answer|clear|hold|retrieve c/1001  services
//	dialled 1001 1002                  a phone dials by hand
//	ringing|answered|held|retrieved c/1002, ended c/1002 busy, failed c/1002
//	service 1001 out                   registration gone
//	wait 30s                           time passes
//	snapshot 1001
//	ignored                            indications that came too late or twice
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{model: New(Options{Prefix: "c"}), now: time.Unix(0, 0)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return s.command(t, d)
		})
		if s.model.Calls() == 0 && len(s.model.deadlines) > 0 {
			t.Errorf("no call is left but %d deadlines", len(s.model.deadlines))
		}
	})
}

type story struct {
	model   *Model
	now     time.Time
	request RequestID
	leg     LegID
}

func (s *story) command(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	arguments := make([]string, len(d.CmdArgs))
	for i, argument := range d.CmdArgs {
		arguments[i] = argument.String()
	}
	argument := func(i int) string {
		if i < len(arguments) {
			return arguments[i]
		}
		return ""
	}
	service := func() RequestID { s.request++; return s.request }
	connection := s.connection(argument(0))
	switch d.Cmd {
	case "lines":
		return s.lines(d)
	case "make":
		return s.step(MakeCall{Request: service(), Calling: DeviceID(argument(0)), Called: argument(1), DoNotPrompt: argument(2) != "prompt"})
	case "answer":
		return s.step(AnswerCall{Request: service(), Connection: connection})
	case "clear":
		return s.step(ClearConnection{Request: service(), Connection: connection})
	case "hold":
		return s.step(HoldCall{Request: service(), Connection: connection})
	case "retrieve":
		return s.step(RetrieveCall{Request: service(), Connection: connection})
	case "dialled":
		s.leg++
		return s.step(Dialled{Leg: s.leg, From: DeviceID(argument(0)), Number: argument(1)})
	case "ringing":
		return s.step(LegRinging{connection})
	case "answered":
		return s.step(LegAnswered{connection})
	case "held":
		return s.step(LegHeld{connection})
	case "retrieved":
		return s.step(LegRetrieved{connection})
	case "ended":
		return s.step(LegEnded{Connection: connection, Cause: Cause(argument(1))})
	case "failed":
		return s.step(CommandFailed{Connection: connection, Error: refuse(operation, "requestIncompatibleWithDevice", "the phone can't")})
	case "service":
		return s.step(ServiceChanged{Device: DeviceID(argument(0)), InService: argument(1) == "in"})
	case "wait":
		after, err := time.ParseDuration(argument(0))
		if err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(after)
		return s.step(Tick{})
	case "ignored":
		return fmt.Sprintln(s.model.Ignored())
	case "snapshot":
		return s.snapshot(DeviceID(argument(0)))
	}
	t.Fatalf("unknown command %s", d.Cmd)
	return ""
}

func (s *story) connection(text string) ConnectionID {
	call, device, found := strings.Cut(text, "/")
	if !found {
		return ConnectionID{}
	}
	if call == "c" {
		call = "c" + strconv.FormatUint(s.model.counter, 16)
	}
	return ConnectionID{Call: CallID(call), Device: DeviceID(device)}
}

func (s *story) lines(d *datadriven.TestData) string {
	in := SetLines{NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 100, MaxCallsPerLine: 2}
	var out strings.Builder
	for _, argument := range d.CmdArgs {
		line := Line{Number: DeviceID(argument.Key)}
		switch argument.Key {
		case "dnd":
			line = Line{Number: DeviceID(argument.Vals[0]), DoNotDisturb: true}
		case "limit":
			in.MaxCallsPerLine, _ = strconv.Atoi(argument.Vals[0])
			continue
		case "calls":
			in.MaxCalls, _ = strconv.Atoi(argument.Vals[0])
			continue
		case "drain":
			in.Drain = true
			continue
		}
		in.Lines = append(in.Lines, line)
	}
	out.WriteString(s.step(in))
	for _, line := range in.Lines {
		s.model.Step(ServiceChanged{Device: line.Number, InService: true}, s.now)
	}
	return out.String()
}

func (s *story) step(in Input) string {
	var out strings.Builder
	for _, output := range s.model.Step(in, s.now) {
		fmt.Fprintln(&out, describe(output))
	}
	return out.String()
}

func (s *story) snapshot(device DeviceID) string {
	snapshots, err := s.model.SnapshotDevice(device)
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	for _, call := range snapshots {
		fmt.Fprintf(&out, "%s/%s %s, others %v, endpoint %s\n", call.Connection.Call, call.Connection.Device, call.State, call.Others, call.Endpoint)
	}
	return out.String()
}

func describe(output Output) string {
	id := func(c ConnectionID) string { return string(c.Call) + "/" + string(c.Device) }
	switch o := output.(type) {
	case Reply:
		if o.Error != nil {
			return fmt.Sprintf("reply %d: %s %s", o.Request, o.Error.Category, o.Error.Value)
		}
		return fmt.Sprintf("reply %d: ok %s", o.Request, id(o.Connection))
	case *Event:
		text := "event " + o.Kind.String()
		if o.Connection != (ConnectionID{}) {
			text += " " + id(o.Connection)
		}
		if o.Cause != "" {
			text += " " + string(o.Cause)
		}
		for _, reported := range o.Reported {
			text += fmt.Sprintf(" %s=%s", reported.Device, reported.State)
		}
		return text
	case Adopt:
		return fmt.Sprintf("adopt leg %d as %s", o.Leg, id(o.Connection))
	case RejectDialled:
		return fmt.Sprintf("reject leg %d: %s", o.Leg, o.Cause)
	case RingOriginator:
		return fmt.Sprintf("ring originator %s showing %s, auto-answer %v", id(o.Connection), o.Called, o.AutoAnswer)
	case Offer:
		return fmt.Sprintf("offer %s from %s", id(o.Connection), id(o.From))
	case Answer:
		return "answer " + id(o.Connection)
	case PutOnHold:
		return "put on hold " + id(o.Connection)
	case TakeOffHold:
		return "take off hold " + id(o.Connection)
	case Release:
		return fmt.Sprintf("release %s %s", id(o.Connection), o.Cause)
	}
	return fmt.Sprintf("%T", output)
}
