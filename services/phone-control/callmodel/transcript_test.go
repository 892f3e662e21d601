// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs the stories in testdata. Each command is one input; what
// follows the line are the model's outputs in order. Connections are written
// call/device; the last call made is "c". Phones set their media at once,
// unless the story says "manual": then "media c/1001" does.
//
//	lines 1001 1002 limit=1 calls=4 drain    configuration; all in service
//	      park=70 trunk=4 parties=3 group=1003 always=1004 route=1500 route=1501>1002
//	feature 1002 forwardImmediate 1003       also forwardBusy, forwardNoAns,
//	                                         forwardDND, dnd, auto 2, hidden
//	make 1001 1002 [prompt] [remote=5551]    MakeCall
//	answer c/1001                            and the other services
//	dialled 1001 1002 [trunk] [replaces=c/1002]
//	ringing|answered|held|retrieved|media c/1002, ended c/1002 busy, failed c/1002
//	refers c/1001 1003, refers c1/1001 replaces=c2/1001, redirects c/1002 1003
//	service 1001 out                         registration gone
//	wait 30s                                 time passes
//	snapshot 1001, call c/, permitted c/1001
//	ignored                                  indications that came too late or twice
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := newStory()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return s.command(t, d)
		})
		if s.model.Calls() == 0 && len(s.model.deadlines) > 0 {
			t.Errorf("no call is left but %d deadlines", len(s.model.deadlines))
		}
	})
}

type story struct {
	model    *Model
	now      time.Time
	request  RequestID
	dialled  DialledID
	refer    ReferID
	manual   bool
	features testFeatures
	// legs are the latest of each connection, to speak of those that are gone.
	legs map[ConnectionID]LegID
	d    *datadriven.TestData
	t    *testing.T
}

func newStory() *story {
	s := &story{now: time.Unix(0, 0), features: make(testFeatures), legs: make(map[ConnectionID]LegID)}
	ids := 0
	s.model = New(Options{Prefix: "c", Features: s.features, NewGlobalCallID: func() string {
		ids++
		return "G" + strconv.Itoa(ids)
	}})
	return s
}

// word is the argument at a place, without those that have a key.
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

// key is the value of an argument with a key.
func (s *story) key(name string) string {
	for _, argument := range s.d.CmdArgs {
		if argument.Key == name && len(argument.Vals) > 0 {
			return argument.Vals[0]
		}
	}
	return ""
}

func (s *story) has(word string) bool {
	for _, argument := range s.d.CmdArgs {
		if argument.Key == word {
			return true
		}
	}
	return false
}

func (s *story) command(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	s.t, s.d = t, d
	if in := s.service(); in != nil {
		return s.step(in)
	}
	if in := s.indication(); in != nil {
		return s.step(in)
	}
	switch d.Cmd {
	case "lines":
		return s.lines()
	case "feature":
		s.features.set(s.word(0), s.word(1), s.word(2))
		return s.step(FeaturesChanged{Line: DeviceID(s.word(0))})
	case "manual":
		s.manual = !s.has("off")
		return ""
	case "wait":
		after, err := time.ParseDuration(s.word(0))
		if err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(after)
		return s.step(Tick{})
	case "ignored":
		return strconv.FormatUint(s.model.Ignored(), 10) + "\n"
	case "snapshot":
		return s.snapshot(DeviceID(s.word(0)))
	case "call":
		return s.snapshotCall(s.connection(s.word(0)))
	case "permitted":
		return s.permitted(s.connection(s.word(0)))
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

// leg is the leg of a connection that there is or was.
func (s *story) leg(text string) LegID {
	id := s.connection(text)
	if c, ok := s.model.calls[id.Call]; ok {
		if n := c.of(id.Device); n != nil && n.leg != nil {
			return n.leg.id
		}
	}
	return s.legs[id]
}

func (s *story) lines() string {
	in := SetLines{NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 100, MaxCallsPerLine: 2}
	for _, argument := range s.d.CmdArgs {
		line := Line{Number: DeviceID(argument.Key)}
		value := ""
		if len(argument.Vals) > 0 {
			value = argument.Vals[0]
		}
		number, _ := strconv.Atoi(value)
		switch argument.Key {
		case "limit":
			in.MaxCallsPerLine = number
			continue
		case "calls":
			in.MaxCalls = number
			continue
		case "parties":
			in.MaxParties = number
			continue
		case "redirections":
			in.MaxRedirections = number
			continue
		case "trunk":
			in.Trunk, in.TrunkCalls, in.Plan = "pstn", number, testPlan{}
			continue
		case "drain":
			in.Drain = true
			continue
		case "park":
			in.ParkSlots = append(in.ParkSlots, DeviceID(value))
			continue
		case "always":
			line = Line{Number: DeviceID(value), AlwaysInService: true}
		case "group":
			line = Line{Number: DeviceID(value), PickupGroup: "sales"}
		case "route":
			number, to, _ := strings.Cut(value, ">")
			line = Line{Number: DeviceID(number), Routeing: true, DefaultRoute: to, MaxCalls: 10}
		}
		in.Lines = append(in.Lines, line)
	}
	out := s.step(in)
	for _, line := range in.Lines {
		s.model.Step(ServiceChanged{Device: line.Number, InService: true}, s.now)
	}
	return out
}

// step gives an input, and what phones say to the commands at once.
func (s *story) step(in Input) string {
	var out strings.Builder
	waiting := []Input{in}
	for len(waiting) > 0 {
		in := waiting[0]
		waiting = waiting[1:]
		for _, output := range s.model.Step(in, s.now) {
			out.WriteString(describe(output) + "\n")
			switch o := output.(type) {
			case Ring:
				s.legs[o.Connection] = o.Leg
			case Adopt:
				s.legs[o.Connection] = o.Leg
			case SetMedia:
				if !s.manual {
					waiting = append(waiting, MediaSet{o.Leg})
				}
			}
		}
	}
	return out.String()
}
