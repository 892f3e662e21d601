// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"slices"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// Config is what the settings of a target start from.
type Config struct {
	Lines []*configv1.Line
	// Plan tells what numbers mean; nil: every number is that of a line.
	Plan callmodel.DialPlan
	// Trunk: numbers outside can be reached.
	Trunk bool
	// ParkSlots are no destinations of forwarding.
	ParkSlots []callmodel.DeviceID
}

// Settings are the feature settings of all lines of a target. They are not safe
// for concurrent use.
type Settings struct {
	target string
	config Config
	lines  map[callmodel.DeviceID]*line
}

var _ callmodel.Features = (*Settings)(nil)

// line is a line's configuration and what was set besides. A nil pointer, a
// type that is missing: as configured.
type line struct {
	config       *configv1.Line
	forwardings  map[string]Forwarding
	doNotDisturb *bool
	suppressed   *bool
	autoAnswer   *AutoAnswer
	messages     MessageWaiting
	agents       []Agent
}

// AutoAnswer is the auto answer setting of a line.
type AutoAnswer struct {
	On bool
	// Rings before the line answers.
	Rings int
}

// MessageWaiting tells of a line's messages.
type MessageWaiting struct {
	On bool
	// New and Old messages; both zero where they are not counted.
	New, Old uint32
}

// New makes settings without lines.
func New(target string) *Settings {
	return &Settings{target: target, lines: make(map[callmodel.DeviceID]*line)}
}

// Change is what a new configuration changed of a line's settings.
type Change struct {
	Line callmodel.DeviceID
	// Forwardings that changed, as they are now.
	Forwardings                        []Forwarding
	DoNotDisturb, CallerID, AutoAnswer bool
}

// Configure replaces the configuration. What was set of lines that stay is kept,
// of those that go it is dropped. It gives the changes of lines that stay, and
// the lines that went with something set, whose records are to be deleted. Of a
// number that is there twice, the first counts.
func (s *Settings) Configure(config Config) (changes []Change, gone []callmodel.DeviceID) {
	before := s.lines
	s.config, s.lines = config, make(map[callmodel.DeviceID]*line, len(config.Lines))
	for _, configured := range config.Lines {
		number := callmodel.DeviceID(configured.GetNumber())
		if s.lines[number] != nil {
			continue
		}
		l, stays := before[number]
		if !stays {
			s.lines[number] = &line{config: configured}
			continue
		}
		now := *l
		now.config = configured
		s.lines[number] = &now
		if change, any := l.compare(&now); any {
			change.Line = number
			changes = append(changes, change)
		}
	}
	for number, l := range before {
		if s.lines[number] == nil && l.isSet() {
			gone = append(gone, number)
		}
	}
	slices.Sort(gone)
	return changes, gone
}

// compare tells what differs between a line then and now.
func (l *line) compare(now *line) (change Change, any bool) {
	for _, t := range forwardingTypes {
		if f := now.forwarding(t); f != l.forwarding(t) {
			change.Forwardings = append(change.Forwardings, f)
		}
	}
	change.DoNotDisturb = l.undisturbed() != now.undisturbed()
	change.CallerID = l.hides() != now.hides()
	change.AutoAnswer = l.answers() != now.answers()
	return change, len(change.Forwardings) > 0 || change.DoNotDisturb || change.CallerID || change.AutoAnswer
}

func (l *line) undisturbed() bool {
	if l.doNotDisturb != nil {
		return *l.doNotDisturb
	}
	return l.config.GetDoNotDisturb()
}

func (l *line) hides() bool {
	if l.suppressed != nil {
		return *l.suppressed
	}
	return l.config.GetCallerIdSuppressed()
}

func (l *line) answers() AutoAnswer {
	if l.autoAnswer != nil {
		return *l.autoAnswer
	}
	return AutoAnswer{On: l.config.GetAutoAnswer()}
}

// DoNotDisturb implements callmodel.Features.
func (s *Settings) DoNotDisturb(line callmodel.DeviceID) bool {
	l := s.lines[line]
	return l != nil && l.undisturbed()
}

// CallerIDSuppressed implements callmodel.Features.
func (s *Settings) CallerIDSuppressed(line callmodel.DeviceID) bool {
	l := s.lines[line]
	return l != nil && l.hides()
}

// AutoAnswer implements callmodel.Features.
func (s *Settings) AutoAnswer(line callmodel.DeviceID) (rings int, on bool) {
	l := s.lines[line]
	if l == nil {
		return 0, false
	}
	setting := l.answers()
	return setting.Rings, setting.On
}

// MessageWaiting tells of the messages of a line.
func (s *Settings) MessageWaiting(line callmodel.DeviceID) MessageWaiting {
	l := s.lines[line]
	if l == nil {
		return MessageWaiting{}
	}
	return l.messages
}

// Check tells whether a device has feature settings.
func (s *Settings) Check(device callmodel.DeviceID) *callmodel.Error {
	_, refusal := s.station(device)
	return refusal
}

// station finds a line that has feature settings.
func (s *Settings) station(device callmodel.DeviceID) (*line, *callmodel.Error) {
	switch l := s.lines[device]; {
	case l == nil:
		return nil, errNoLine
	case l.config.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING:
		return nil, errRouteing
	default:
		return l, nil
	}
}
