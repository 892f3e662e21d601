// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"offhook.dev/csta"
)

const (
	stories     = root + "/test/scenarios/testdata"
	conformance = root + "/docs/conformance/services.md"
)

// proof is what the stories show of one request.
type proof struct {
	stories  map[string]bool
	answers  map[string]bool
	refusals map[string]bool
	told     map[string]bool
}

func newProof() *proof {
	return &proof{make(map[string]bool), make(map[string]bool), make(map[string]bool), make(map[string]bool)}
}

// evidence is what all stories show.
type evidence struct {
	requests map[string]*proof
	// causes and stories of each event.
	events map[string]*proof
	// features is what GetCSTAFeatures answers.
	features *csta.GetCSTAFeaturesResponse
}

var (
	rootElement = regexp.MustCompile(`^<([A-Za-z]+)`)
	refusal     = regexp.MustCompile(`<CSTAErrorCode><([A-Za-z]+)(?:>([A-Za-z]+)<|/>)`)
	causeOf     = regexp.MustCompile(`<cause>([A-Za-z]+)</cause>`)
)

// readStories reads what the stories ask and what they are answered and told.
func readStories(t *testing.T) evidence {
	t.Helper()
	shown := evidence{requests: make(map[string]*proof), events: make(map[string]*proof)}
	datadriven.Walk(t, stories, func(t *testing.T, path string) {
		story, err := filepath.Rel(stories, path)
		if err != nil {
			t.Fatal(err)
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			asked := ""
			if d.Cmd == "do" {
				asked = rootElement.FindStringSubmatch(strings.TrimSpace(d.Input))[1]
			}
			shown.step(t, story, asked, d.Expected)
			return d.Expected
		})
	})
	return shown
}

// step reads one command's outcome.
func (e *evidence) step(t *testing.T, story, asked, outcome string) {
	t.Helper()
	var request *proof
	if asked != "" {
		if e.requests[asked] == nil {
			e.requests[asked] = newProof()
		}
		request = e.requests[asked]
		request.stories[story] = true
	}
	for line := range strings.Lines(outcome) {
		text := strings.TrimSpace(line)
		element := rootElement.FindStringSubmatch(text)
		switch {
		case strings.HasPrefix(text, "200 without body") && request != nil:
			request.answers["200 without body"] = true
		case element == nil:
		case strings.HasPrefix(line, "  "): // told
			name := strings.TrimSuffix(element[1], "Event")
			if e.events[name] == nil {
				e.events[name] = newProof()
			}
			e.events[name].stories[story] = true
			if cause := causeOf.FindStringSubmatch(text); cause != nil {
				e.events[name].answers[cause[1]] = true
			}
			if request != nil {
				request.told[name] = true
			}
		case request == nil:
		case element[1] == "CSTAErrorCode":
			refused := refusal.FindStringSubmatch(text)
			request.refusals[strings.TrimSuffix(refused[1]+"/"+refused[2], "/")] = true
		default:
			request.answers[element[1]] = true
			if element[1] == "GetCSTAFeaturesResponse" {
				document, err := csta.Read([]byte(text), csta.ReadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				e.features, _ = document.Message.(*csta.GetCSTAFeaturesResponse)
			}
		}
	}
}

func TestConformancePage(t *testing.T) {
	shown := readStories(t)
	var page strings.Builder
	page.WriteString("# Services and events, and what proves them\n\nMade from the [stories](../../test/scenarios/testdata) that every build plays, over\nSIP, on simulated phones, on Skinny phones, and on Skinny and SIP phones; those\nunder `skinny/` are of Skinny phones alone. A service or event that\n`GetCSTAFeatures` lists and no story shows fails the build.\n\n## Services\n\n| request | response | events told in the same step | refusals | stories |\n| --- | --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(shown.requests)) {
		p := shown.requests[name]
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s |\n", name, cell(p.answers), cell(p.told), code(p.refusals), links(p.stories))
	}
	page.WriteString("\n## Events and messages of the switching function\n\n| event | causes | stories |\n| --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(shown.events)) {
		p := shown.events[name]
		fmt.Fprintf(&page, "| %s | %s | %s |\n", name, cell(p.answers), links(p.stories))
	}
	compare(t, conformance, page.String())
}

// TestNothingIsListedThatNoStoryShows holds GetCSTAFeatures against the stories.
func TestNothingIsListedThatNoStoryShows(t *testing.T) {
	shown := readStories(t)
	if shown.features == nil {
		t.Fatal("no story asks GetCSTAFeatures")
	}
	answered, told := make(map[string]bool), make(map[string]bool)
	for name, p := range shown.requests {
		if len(p.answers) > 0 {
			answered[capabilityOf(name)] = true
		}
	}
	for name := range shown.events {
		told[capabilityOf(name)] = true
	}
	for _, list := range capabilities(shown.features.SupportedServices) {
		for _, capability := range list.Names() {
			if !answered[capability] && !told[capability] {
				t.Errorf("service %s is listed, and no story shows it", capability)
			}
		}
	}
	for _, list := range capabilities(shown.features.SupportedEvents) {
		for _, capability := range list.Names() {
			if !told[capability] {
				t.Errorf("event %s is listed, and no story shows it", capability)
			}
		}
	}
}

// capabilities are the lists of SupportedServices or SupportedEvents.
func capabilities(lists any) []csta.CapabilityList {
	var all []csta.CapabilityList
	for _, field := range reflect.ValueOf(lists).Fields() {
		if list, ok := reflect.TypeAssert[csta.CapabilityList](field); ok {
			all = append(all, list)
		}
	}
	return all
}

// capabilityOf is a message's name in the lists of GetCSTAFeatures, where the
// standard shortens and misspells some.
func capabilityOf(message string) string {
	switch message {
	case "SingleStepTransferCall":
		return "singleStepTransfer"
	case "SingleStepConferenceCall":
		return "singleStepConference"
	case "Transfered":
		return "transferred"
	case "GetLampInformation":
		return "getLampInfo"
	case "CallBackNonCallRelated":
		return "callBackNonCallRel"
	case "NetworkReached":
		return "netwReached"
	}
	return strings.ToLower(message[:1]) + message[1:]
}

func cell(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
}

func code(set map[string]bool) string {
	names := slices.Sorted(maps.Keys(set))
	for i, name := range names {
		names[i] = "`" + name + "`"
	}
	return strings.Join(names, ", ")
}

func links(set map[string]bool) string {
	names := slices.Sorted(maps.Keys(set))
	for i, name := range names {
		names[i] = fmt.Sprintf("[%s](../../test/scenarios/testdata/%s)", strings.TrimSuffix(name, ".txt"), name)
	}
	return strings.Join(names, ", ")
}
