// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// TestTranscripts runs the stories in testdata. Settings are written as words:
//
//	configure [trunk] [plan] [slot=70]     one line each in the input:
//	  1001 [dnd] [hidden] [auto] [routeing] [forwardBusy=1003] [forwardNoAns=1003/5]
//	forward 1001 forwardBusy on|off [1003] [rings]
//	dnd|hidden|auto 1001 on|off [rings]    messages 1001 on|off [new] [old]
//	agent 1001 loggedOn [7] [group=sales]
//	list 1001                              GetForwarding
//	call 1001                              what the call model is told
//	record 1001, restore (prototext), agents 1001
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{settings: New("cme")}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			t.Helper()
			out := s.command(t, d)
			s.checkRecords(t)
			return out
		})
	})
}

type story struct {
	settings *Settings
	d        *datadriven.TestData
}

// checkRecords restores all lines from their records, and finds them the same.
func (s *story) checkRecords(t *testing.T) {
	t.Helper()
	again := New("cme")
	again.Configure(s.settings.config)
	for number := range s.settings.lines {
		record := s.settings.Record(number)
		if record != nil && !again.Restore(record) {
			t.Errorf("record of %s was not taken", number)
		}
		if !proto.Equal(again.Record(number), record) {
			t.Errorf("record of %s is %v after it was restored from %v", number, again.Record(number), record)
		}
		if want, got := describe(s.settings, number), describe(again, number); want != got {
			t.Errorf("restored %s is\n%swant\n%s", number, got, want)
		}
		if !reflect.DeepEqual(s.settings.Agents(number), again.Agents(number)) {
			t.Errorf("restored agents of %s are %v", number, again.Agents(number))
		}
	}
}

func (s *story) word(i int) string {
	for _, argument := range s.d.CmdArgs {
		if len(argument.Vals) > 0 {
			continue
		}
		if i == 0 {
			return argument.Key
		}
		i--
	}
	return ""
}

func (s *story) number(i int) int {
	n, _ := strconv.Atoi(s.word(i))
	return n
}

func (s *story) key(name string) string {
	if argument, ok := s.d.Arg(name); ok {
		return argument.Vals[0]
	}
	return ""
}

func (s *story) command(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	s.d = d
	line, on := callmodel.DeviceID(s.word(0)), s.word(1) == "on"
	switch d.Cmd {
	case "configure":
		return s.configure()
	case "forward":
		now, changed, refusal := s.settings.SetForwarding(line, Forwarding{
			Type: s.word(1), Active: s.word(2) == "on", To: s.word(3), Rings: s.number(4),
		})
		return result(changed, refusal, now)
	case "dnd":
		changed, refusal := s.settings.SetDoNotDisturb(line, on)
		return result(changed, refusal, s.settings.DoNotDisturb(line))
	case "hidden":
		changed, refusal := s.settings.SetCallerIDSuppressed(line, on)
		return result(changed, refusal, s.settings.CallerIDSuppressed(line))
	case "auto":
		changed, refusal := s.settings.SetAutoAnswer(line, AutoAnswer{On: on, Rings: s.number(2)})
		rings, set := s.settings.AutoAnswer(line)
		return result(changed, refusal, AutoAnswer{set, rings})
	case "messages":
		changed, refusal := s.settings.SetMessageWaiting(line, MessageWaiting{On: on, New: uint32(s.number(2)), Old: uint32(s.number(3))})
		return result(changed, refusal, s.settings.MessageWaiting(line))
	case "agent":
		changes, refusal := s.settings.SetAgentState(line, s.word(2), s.key("group"), s.word(1))
		return result(len(changes) > 0, refusal, changes)
	case "agents":
		return fmt.Sprintf("%+v\n", s.settings.Agents(line))
	case "list":
		var b strings.Builder
		for _, f := range s.settings.Forwardings(line) {
			fmt.Fprintf(&b, "%+v\n", f)
		}
		return b.String()
	case "call":
		return describe(s.settings, line)
	case "record":
		if record := s.settings.Record(line); record != nil {
			return plain(record)
		}
		return "none\n"
	case "restore":
		record := &statev1.LineFeatures{}
		if err := prototext.Unmarshal([]byte(d.Input), record); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return fmt.Sprintln(s.settings.Restore(record))
	}
	d.Fatalf(t, "no such command")
	return ""
}

// plain writes a message, whose own text has random spaces.
func plain(m proto.Message) string {
	return strings.Join(strings.Fields(prototext.Format(m)), " ") + "\n"
}

func result(changed bool, refusal *callmodel.Error, now any) string {
	switch {
	case refusal != nil:
		return refusal.Error() + "\n"
	case changed:
		return fmt.Sprintf("changed %+v\n", now)
	default:
		return fmt.Sprintf("as before %+v\n", now)
	}
}

// describe is all that the call model is told of a line.
func describe(s *Settings, line callmodel.DeviceID) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dnd=%t hidden=%t", s.DoNotDisturb(line), s.CallerIDSuppressed(line))
	if rings, on := s.AutoAnswer(line); on {
		fmt.Fprintf(&b, " auto=%d", rings)
	}
	fmt.Fprintf(&b, " messages=%v\n", s.MessageWaiting(line))
	for _, external := range []bool{false, true} {
		for when := callmodel.ForwardImmediate; when <= callmodel.ForwardDoNotDisturb; when++ {
			to, kind, ok := s.Redirect(line, when, external)
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "external=%t %s to %s", external, kind, to)
			if rings, ok := s.NoAnswerRings(line, external); ok && when == callmodel.ForwardNoAnswer {
				fmt.Fprintf(&b, " after %d", rings)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// plan has lines of four digits, the trunk behind 0, and 0900 blocked.
type plan struct{}

func (plan) Resolve(dialled string) callmodel.Destination {
	switch {
	case strings.HasPrefix(dialled, "0900"):
		return callmodel.Destination{Blocked: true}
	case strings.HasPrefix(dialled, "0"):
		return callmodel.Destination{External: dialled[1:]}
	case strings.HasPrefix(dialled, "+1425555"):
		return callmodel.Destination{Line: callmodel.DeviceID(dialled[8:])}
	case len(dialled) == 4:
		return callmodel.Destination{Line: callmodel.DeviceID(dialled)}
	}
	return callmodel.Destination{}
}

func (s *story) configure() string {
	config := Config{Trunk: s.d.HasArg("trunk")}
	if s.d.HasArg("plan") {
		config.Plan = plan{}
	}
	if slot := s.key("slot"); slot != "" {
		config.ParkSlots = []callmodel.DeviceID{callmodel.DeviceID(slot)}
	}
	for text := range strings.SplitSeq(s.d.Input, "\n") {
		words := strings.Fields(text)
		line := &configv1.Line{Number: words[0]}
		for _, word := range words[1:] {
			switch word {
			case "dnd":
				line.DoNotDisturb = true
			case "hidden":
				line.CallerIdSuppressed = true
			case "auto":
				line.AutoAnswer = true
			case "routeing":
				line.Kind = configv1.LineKind_LINE_KIND_ROUTEING
			default:
				kind, to, _ := strings.Cut(word, "=")
				to, rings, _ := strings.Cut(to, "/")
				n, _ := strconv.Atoi(rings)
				line.Forwardings = append(line.Forwardings, &configv1.Forwarding{Type: kind, ForwardDn: to, RingCount: uint32(n)})
			}
		}
		config.Lines = append(config.Lines, line)
	}
	changes, gone := s.settings.Configure(config)
	var b strings.Builder
	for _, change := range changes {
		fmt.Fprintf(&b, "%+v\n", change)
	}
	if len(gone) > 0 {
		fmt.Fprintf(&b, "gone %v\n", gone)
	}
	return b.String()
}
