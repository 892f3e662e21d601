// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscriptsOverHandOvers tells every story anew, with the calls handed over
// to another model after each command where no service waits: nobody may notice.
func TestTranscriptsOverHandOvers(t *testing.T) {
	handOvers := 0
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := newStory()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			told := s.command(t, d)
			if !s.model.Waiting() {
				handOvers++
				s.model = handOver(t, s.model, s.now)
			}
			return told
		})
	})
	if handOvers < 500 {
		t.Errorf("only %d hand-overs: the stories show little", handOvers)
	}
}

// handOver gives the calls of a model to a new one.
func handOver(t *testing.T, old *Model, now time.Time) *Model {
	t.Helper()
	text, err := old.Export(now)
	if err != nil {
		t.Fatal(err)
	}
	next := New(old.options)
	next.Step(old.config, now)
	if err := next.Restore(text, now); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := next.Export(now)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(text) {
		t.Fatalf("what was taken over is not what was handed over:\n%s\n%s", text, again)
	}
	return next
}

// TestExportKnowsEveryField fails when a field is added that nobody thought of:
// add it to handover.go, or here with the reason why it is not handed over.
func TestExportKnowsEveryField(t *testing.T) {
	for _, known := range []struct {
		of     any
		fields string
	}{
		{Model{}, "options config lines calls legs parked lastLeg lastOrder counter trunkLegs callBacks routeing deadlines" +
			" touchedCalls touchedLegs begun out now" + // empty between steps
			" ignored"},
		{line{}, "Line inService connections"},
		{leg{}, "id state connections media asked settled external touched" +
			" digits"}, // services that wait
		{call{}, "id calling called lastRedirection associatedCalling restricted data globalID dialled reason made consult failed failedAt" +
			" forwarders redirections sentOn route adding connections touched"},
		{connection{}, "id call state role why silent leg line until autoAnswer order by" +
			" pending"}, // a service that waits
		{callBack{}, "originating target unanswered used timer"},
		{registrations{}, "list dialogues counter version"},
		{registration{}, "id session devices"},
		{dialogue{}, "crossRef session id call device asked routes retries used"},
		{Media{}, "Kind Leg Conference ListenOnly"},
		{Data{}, "Correlator User"},
	} {
		fields := strings.Fields(known.fields)
		structure := reflect.TypeOf(known.of)
		for field := range structure.Fields() {
			if name := field.Name; !strings.Contains(" "+known.fields+" ", " "+name+" ") {
				t.Errorf("%s.%s is new: is it handed over?", structure.Name(), name)
			}
		}
		if len(fields) != structure.NumField() {
			t.Errorf("%s has %d fields, the test knows %d", structure.Name(), structure.NumField(), len(fields))
		}
	}
}

func TestWhatCannotBeTakenOver(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":          `calls`,
		"another version":  `{"Version":2}`,
		"an unknown line":  `{"Version":1,"Calls":[{"ID":"c1","Connections":[{"Order":1,"Device":"9999","AtLine":true}]}]}`,
		"no such leg":      `{"Version":1,"Legs":[{"ID":1,"Connections":[7]}]}`,
		"twice the same":   `{"Version":1,"Calls":[{"ID":"c1","Connections":[{"Order":1},{"Order":1}]}]}`,
		"a route of none":  `{"Version":1,"Calls":[{"ID":"c1","Route":3,"Connections":[]}]}`,
		"a lost dialogue":  `{"Version":1,"Routeing":{"Dialogues":[{"CrossRef":"x","Call":"c9"}]}}`,
		"nobody is parked": `{"Version":1,"Parked":{"70":3}}`,
	} {
		m := New(Options{Prefix: "n"})
		m.Step(SetLines{Lines: []Line{{Number: "1001"}}, MaxCalls: 10, MaxCallsPerLine: 2}, time.Unix(0, 0))
		if err := m.Restore([]byte(text), time.Unix(0, 0)); !errors.Is(err, ErrHandOver) {
			t.Errorf("%s: %v", name, err)
		}
		if m.Calls() != 0 || len(m.legs) != 0 || len(m.deadlines) != 0 || len(m.lines) != 1 {
			t.Errorf("%s: something of it stayed", name)
		}
	}
}

func TestServicesHoldUpTheHandOver(t *testing.T) {
	m := New(Options{Prefix: "n"})
	now := time.Unix(0, 0)
	m.Step(SetLines{Lines: []Line{{Number: "1001"}, {Number: "1002"}}, MaxCalls: 10, MaxCallsPerLine: 2, NoAnswer: time.Minute, Prompt: time.Minute}, now)
	for _, number := range []DeviceID{"1001", "1002"} {
		m.Step(ServiceChanged{Device: number, InService: true}, now)
	}
	m.Step(Dialled{Dialled: 1, From: "1001", Number: "1002"}, now)
	legs := m.Legs()
	if m.Quiet() || m.Waiting() || len(legs) != 2 {
		t.Fatalf("a phone rings: quiet %v, waiting %v, legs %v", m.Quiet(), m.Waiting(), legs)
	}
	m.Step(LegRinging{Leg: legs[1]}, now)
	m.Step(AnswerCall{Request: 1, Connection: ConnectionID{Device: "1002"}}, now)
	if _, err := m.Export(now); !errors.Is(err, ErrServicesWait) || !m.Waiting() {
		t.Errorf("AnswerCall waits: %v", err)
	}
	m.Step(LegAnswered{Leg: legs[1]}, now)
	for _, id := range legs {
		m.Step(MediaSet{Leg: id}, now)
	}
	if !m.Quiet() {
		t.Error("the call is up, but the model is not quiet")
	}
	if _, err := m.Export(now); err != nil {
		t.Error(err)
	}
}
