// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"offhook.dev/csta"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// patience bounds every wait.
const patience = 20 * time.Second

// story is one file of testdata while it is played.
type story struct {
	t       *testing.T
	office  *office
	parties []*party
	names   *names
	// out tells whether the fence is out of service.
	out bool
}

func TestScenarios(t *testing.T) {
	play(t, open, func(path string) string {
		if filepath.Dir(path) != stories {
			return "it is of phones of another kind"
		}
		return ""
	})
}

// stories is the folder of the stories. Those of one kind of phones are in
// folders of their own below it.
const stories = "testdata"

// play plays the stories, but for those of which whyNot gives a reason.
func play(t *testing.T, open func(*testing.T) *office, whyNot func(path string) string) {
	t.Helper()
	played, office, failed := t, open(t), false
	datadriven.Walk(t, stories, func(t *testing.T, path string) {
		if why := whyNot(path); why != "" {
			t.Skip(why)
		}
		if failed { // its calls would disturb this one
			office = open(played)
		}
		defer func() { failed = t.Failed() }()
		s := &story{t: t, office: office, names: newNames()}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t = t
			return s.command(d)
		})
		if len(s.parties) > 0 {
			t.Error("the story has no end")
		}
	})
}

func (s *story) command(d *datadriven.TestData) string {
	s.t.Helper()
	var arguments []string
	for _, argument := range d.CmdArgs {
		arguments = append(arguments, argument.String())
	}
	var out strings.Builder
	switch d.Cmd {
	case "parties":
		s.enter(arguments)
		return ""
	case "do":
		out.WriteString(s.do(arguments[0], d.Input))
	case "act":
		out.WriteString(s.act(arguments))
	case "press":
		if err := s.office.phones.press(s.t.Context(), arguments[0], arguments[1:]...); err != nil {
			out.WriteString(cannot + err.Error() + "\n")
		}
	case "eventually":
		out.WriteString(s.eventually(arguments[0], d.Input))
	case "write":
		if err := os.WriteFile(filepath.Join(s.office.folder, arguments[0]), []byte(d.Input), 0o600); err != nil {
			s.t.Fatal(err)
		}
	case "await":
		s.party(arguments[0]).await(s.t, arguments[1])
	case "end":
		return s.end()
	default:
		s.t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
	if s.office.patient && !strings.HasPrefix(out.String(), cannot) {
		s.awaitTold(d.Expected)
	}
	s.fence()
	s.told(&out)
	if testing.Verbose() {
		s.t.Logf("%s %s\n%s", d.Cmd, strings.Join(arguments, " "), out.String())
	}
	return out.String()
}

// enter opens a session for each line.
func (s *story) enter(arguments []string) {
	s.t.Helper()
	edition, monitored := csta.Edition3, true
	for _, argument := range arguments {
		name, value, _ := strings.Cut(argument, "=")
		switch name {
		case "ed":
			edition = csta.Edition(value[0] - '0')
		case "monitor":
			monitored = value != "no"
		default:
			s.parties = append(s.parties, s.office.enter(s.t, argument, edition, monitored))
		}
	}
}

func (s *story) party(line string) *party {
	s.t.Helper()
	for _, p := range s.parties {
		if p.line == line {
			return p
		}
	}
	s.t.Fatalf("no party %s", line)
	return nil
}

// do sends a request and gives the response.
func (s *story) do(line, request string) string {
	s.t.Helper()
	p := s.party(line)
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	body, err := p.session.InvokeRaw(ctx, []byte(s.names.fill(s.t, request, p.edition)))
	if err != nil {
		return "SIP: " + err.Error() + "\n"
	}
	if len(body) == 0 {
		return "200 without body\n"
	}
	s.check(string(body))
	return s.names.write(string(body)) + "\n"
}

// eventually sends a request until it is served.
func (s *story) eventually(line, request string) string {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		response := s.do(line, request)
		if !strings.Contains(response, "<CSTAErrorCode>") || time.Now().After(deadline) {
			return response
		}
	}
}

// check wants a message to be what the schema says.
func (s *story) check(message string) {
	s.t.Helper()
	if _, err := csta.Read([]byte(message), csta.ReadOptions{Strict: true}); err != nil {
		s.t.Errorf("%v:\n%s", err, message)
	}
}

// cannot begins what is told of what a phone can't do.
const cannot = "can't: "

func (s *story) act(arguments []string) string {
	s.t.Helper()
	action, known := phonecontrolv1.Action_value["ACTION_"+arguments[1]]
	if !known {
		s.t.Fatalf("unknown action %s", arguments[1])
	}
	number := ""
	if len(arguments) > 2 {
		number = arguments[2]
	}
	if err := s.office.phones.act(s.t.Context(), phonecontrolv1.Action(action), arguments[0], number); err != nil {
		return cannot + err.Error() + "\n"
	}
	return ""
}

// fence lets every application get what was sent to it so far.
func (s *story) fence() {
	s.t.Helper()
	if err := s.office.phones.settle(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.out = !s.out
	s.office.moveFence(s.t, s.parties, s.out)
}

// awaitTold waits until every party is told as much as it is to be told.
func (s *story) awaitTold(expected string) {
	wanted, line := make(map[string]int), ""
	for text := range strings.Lines(expected) {
		if told, is := strings.CutSuffix(text, " is told\n"); is {
			line = told
		} else if strings.HasPrefix(text, "  ") {
			wanted[line]++
		}
	}
	for _, p := range s.parties {
		p.wait(patience, func() bool { return len(p.awaited)+len(p.events) >= wanted[p.line] })
	}
}

// told writes what the applications were told since the last time.
func (s *story) told(out *strings.Builder) {
	for _, p := range s.parties {
		messages := p.take()
		if len(messages) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s is told\n", p.line)
		for _, message := range messages {
			s.check(message)
			fmt.Fprintf(out, "  %s\n", s.names.write(message))
		}
	}
}

// end closes the sessions. Calls that are left over are a fault of the story.
func (s *story) end() string {
	s.t.Helper()
	if s.out {
		s.fence()
	}
	for _, p := range s.parties {
		calls, err := p.session.SnapshotDevice(s.t.Context(), p.line)
		if err != nil || len(calls) > 0 {
			s.t.Errorf("%s has calls at the end: %v, %v", p.line, calls, err)
		}
	}
	for _, p := range s.parties {
		p.leave(s.t)
	}
	s.parties = nil
	return ""
}
