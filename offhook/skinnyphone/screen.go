// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"offhook.dev/services/skinny"
)

// screen is all that the phone shows but its media. It is pure: what the server
// says changes it, and nothing else.
type screen struct {
	registered            bool
	registrations, resets int
	rejected              string
	version               skinny.Version
	keepAlive             time.Duration
	keepAlives            int

	config       skinny.ConfigStat
	dateTemplate string
	clock        *skinny.DefineTimeDate
	clocks       int
	buttons      []Button
	keys         softKeys

	calls   []*shownCall
	idle    map[uint32]selection // by line, 0: the phone
	prompts map[uint32]string    // by line, 0: the phone
	lamps   map[Lamp]skinny.LampMode
	rings   []ring
	rang    int
	tones   []Tone

	speaker, microphoneOff bool
	activeLine             uint32
	notify, display        string
	priorityNotify         map[uint32]string

	// waiting and justEnded are for reports.
	waiting   bool
	justEnded *shownCall

	placed           []string
	missed, received []skinny.Party
	faults           []string
}

// shownCall is a call with what is not shown of it.
type shownCall struct {
	Call
	chosen   *selection
	informed bool
	// answered calls, and those answered elsewhere, are not missed.
	answered bool
	reported skinny.State
}

type ring struct {
	skinny.Call
	mode skinny.RingMode
}

// forget clears what a phone forgets when it registers anew.
func (s *screen) forget() {
	*s = screen{
		registrations: s.registrations, resets: s.resets, keepAlives: s.keepAlives, rejected: s.rejected,
		placed: s.placed, missed: s.missed, received: s.received, faults: s.faults,
		idle: make(map[uint32]selection), prompts: make(map[uint32]string),
		lamps: make(map[Lamp]skinny.LampMode), priorityNotify: make(map[uint32]string),
	}
}

func (s *screen) fault(format string, arguments ...any) {
	s.faults = push(s.faults, fmt.Sprintf(format, arguments...), maxFaults)
}

// push appends to a list of which the oldest go first.
func push[T any](list []T, value T, limit int) []T {
	if len(list) >= limit {
		list = list[len(list)-limit+1:]
	}
	return append(slices.Clip(list), value)
}

func (s *screen) call(call skinny.Call) *shownCall {
	for _, c := range s.calls {
		if c.Call.Call == call {
			return c
		}
	}
	return nil
}

// snapshot copies what is shown.
func (s *screen) snapshot() Snapshot {
	snapshot := Snapshot{
		Registered: s.registered, Registrations: s.registrations, Resets: s.resets, Rejected: s.rejected,
		Version: s.version, KeepAlive: s.keepAlive, KeepAlives: s.keepAlives,
		UserName: s.config.UserName, ServerName: s.config.ServerName, DateTemplate: s.dateTemplate, Clock: s.clock, Clocks: s.clocks,
		Buttons: slices.Clone(s.buttons), IdleKeys: s.idleKeys(s.activeLine), Lamps: maps.Clone(s.lamps),
		Ringer: skinny.RingOff, Rings: s.rang, Tones: slices.Clone(s.tones), Speaker: s.speaker, Microphone: !s.microphoneOff,
		ActiveLine: s.activeLine, Prompt: s.prompt(), Notify: s.notify, Display: s.display,
		PriorityNotify: maps.Clone(s.priorityNotify),
		Placed:         slices.Clone(s.placed), Missed: slices.Clone(s.missed), Received: slices.Clone(s.received),
		Faults: slices.Clone(s.faults),
	}
	if len(s.rings) > 0 {
		snapshot.Ringer = s.rings[len(s.rings)-1].mode
	}
	for _, c := range s.calls {
		call := c.Call
		call.Ring = skinny.RingOff
		for _, r := range s.rings {
			if r.Call == call.Call {
				call.Ring = r.mode
			}
		}
		if c.chosen != nil {
			call.Keys = s.keys.of(*c.chosen)
		}
		snapshot.Calls = append(snapshot.Calls, call)
	}
	return snapshot
}

func (s *screen) idleKeys(line uint32) []SoftKey {
	chosen, ok := s.idle[line]
	if !ok {
		chosen, ok = s.idle[0]
	}
	if !ok {
		return nil
	}
	return s.keys.of(chosen)
}

func (s *screen) prompt() string {
	if text, ok := s.prompts[s.activeLine]; ok {
		return text
	}
	return s.prompts[0]
}

// button gives the button of a kind and instance to change it.
func (s *screen) button(kind skinny.Stimulus, instance uint32) *Button {
	for i := range s.buttons {
		if s.buttons[i].Kind == kind && s.buttons[i].Instance == instance {
			return &s.buttons[i]
		}
	}
	return nil
}
