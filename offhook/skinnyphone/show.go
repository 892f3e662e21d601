// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"fmt"
	"slices"
	"strings"

	"offhook.dev/services/skinny"
)

// String is the display in a few lines for people.
func (s Snapshot) String() string {
	var text strings.Builder
	state := "not registered"
	if s.Registered {
		state = fmt.Sprintf("registered with version %d", s.Version)
	}
	if s.Rejected != "" {
		state += ", rejected: " + s.Rejected
	}
	fmt.Fprintf(&text, "%s %s", s.DeviceName, state)
	for _, b := range s.Buttons {
		fmt.Fprintf(&text, "\n  button %d: %s", b.Position, b)
		if mode := s.Lamp(b.Kind, b.Instance); mode != skinny.LampOff {
			text.WriteString(", lamp " + lampName(mode))
		}
	}
	for _, c := range s.Calls {
		fmt.Fprintf(&text, "\n  call %d/%d %s %s <%s>", c.Line, c.Reference, c.State, c.Peer().Name, c.Peer().Number)
		if c.Prompt != "" {
			fmt.Fprintf(&text, " %q", c.Prompt)
		}
		if stream, ok := s.StreamOf(c.Call); ok {
			fmt.Fprintf(&text, ", %d packets sent, %d received", stream.Counters.PacketsSent, stream.Counters.PacketsReceived)
		}
		text.WriteString(" " + labels(c.Keys))
	}
	if len(s.Calls) == 0 {
		text.WriteString("\n  " + labels(s.IdleKeys))
	}
	for _, line := range [][2]string{{"prompt", s.Prompt}, {"notify", s.Notify}, {"display", s.Display}} {
		if line[1] != "" {
			fmt.Fprintf(&text, "\n  %s %q", line[0], line[1])
		}
	}
	s.writeSounds(&text)
	if len(s.Faults) > 0 {
		fmt.Fprintf(&text, "\n  faults: %s", strings.Join(s.Faults, "; "))
	}
	return text.String()
}

// writeSounds tells what is heard at the phone.
func (s Snapshot) writeSounds(text *strings.Builder) {
	if s.Ringer != skinny.RingOff {
		text.WriteString("\n  rings")
	}
	if s.Speaker {
		text.WriteString("\n  speaker on")
	}
	for _, tone := range s.Tones {
		fmt.Fprintf(text, "\n  tone %#x of call %d/%d", uint32(tone.Tone), tone.Line, tone.Reference)
	}
	for _, stream := range s.Streams {
		if _, ok := s.CallWhere(func(c Call) bool { return c.Reference == stream.Reference }); !ok {
			fmt.Fprintf(text, "\n  stream %+v is open without a call", stream.Stream)
		}
	}
}

func lampName(mode skinny.LampMode) string {
	names := []string{"", "off", "on", "winks", "flashes", "blinks"}
	if int(mode) < len(names) {
		return names[mode]
	}
	return "?"
}

// String is the button for people.
func (b Button) String() string {
	kind := fmt.Sprintf("%#x", uint32(b.Kind))
	switch b.Kind {
	case skinny.StimulusLine:
		kind = "line"
	case skinny.StimulusSpeedDial, skinny.StimulusBLFSpeedDial:
		kind = "speed dial"
	case skinny.StimulusDoNotDisturb:
		kind = "do not disturb"
	case skinny.StimulusForwardAll:
		kind = "forward all"
	default:
	}
	text := fmt.Sprintf("%s %d", kind, b.Instance)
	parts := slices.DeleteFunc([]string{b.Number, b.Label}, func(part string) bool { return part == "" })
	if len(parts) > 0 {
		text += " " + strings.Join(slices.Compact(parts), " ")
	}
	if b.Status != 0 {
		text += fmt.Sprintf(", status %d", b.Status)
	}
	if b.Forward.All != "" {
		text += ", forwards to " + b.Forward.All
	}
	return text
}
