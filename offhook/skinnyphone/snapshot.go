// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"net/netip"
	"slices"
	"time"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/skinny"
)

// Snapshot is all that a phone shows at one moment. It is a copy: nobody
// changes it. Texts have their phrases in English.
type Snapshot struct {
	DeviceName string
	// Registered tells that the server has answered all that the phone asked for.
	Registered bool
	// Registrations that came so far; Resets that the server commanded.
	Registrations, Resets int
	// Rejected is the server's last reason not to serve the phone, until it does.
	Rejected string
	// Version that server and phone agreed on.
	Version   skinny.Version
	KeepAlive time.Duration
	// KeepAlives that the server answered.
	KeepAlives int

	UserName, ServerName string
	DateTemplate         string
	Clock                *skinny.DefineTimeDate
	// Clocks is how often the server told the time.
	Clocks  int
	Buttons []Button

	Calls []Call
	// Placed, Missed and Received are the phone's lists, the oldest first.
	Placed           []string
	Missed, Received []skinny.Party

	// IdleKeys are the soft keys when no call is shown.
	IdleKeys []SoftKey
	Lamps    map[Lamp]skinny.LampMode
	// Ringer is how the phone rings now: RingOff, or of the call that the server
	// spoke of last.
	Ringer skinny.RingMode
	// Rings is how often it was made to ring since it registered, once or for
	// longer.
	Rings   int
	Tones   []Tone
	Speaker bool
	// Microphone is open unless the server closed it.
	Microphone bool
	// ActiveLine is the one whose calls are on the display; zero: none.
	ActiveLine uint32

	// Prompt is the text of the phone as a whole, Notify that over all calls, and
	// Display that of phones of old.
	Prompt, Notify, Display string
	PriorityNotify          map[uint32]string

	// Streams are the open media, those of calls that are gone included.
	Streams []Stream

	// Channels that wait for AcceptMedia or RefuseMedia.
	Channels int
	// Faults are what a desk phone could not do anything with.
	Faults []string
}

// Button is one of the phone's buttons with what the server says of it.
type Button struct {
	// Position from 1, over all buttons; Instance from 1, over those of a kind.
	Position int
	Kind     skinny.Stimulus
	Instance uint32
	// Number of a line or speed dial, Label beside the button, Name of a line in
	// full, URL of a service.
	Number, Label, Name, URL string
	// Status of a feature button.
	Status uint32
	// Forward is that of a line.
	Forward Forward
}

// Forward is how a line's calls are forwarded; empty: they are not.
type Forward struct{ All, Busy, NoAnswer string }

// Lamp names a lamp.
type Lamp struct {
	Stimulus skinny.Stimulus
	Instance uint32
}

// Tone is one that sounds.
type Tone struct {
	Tone skinny.Tone
	skinny.Call
}

// Call is a call as the phone shows it.
type Call struct {
	skinny.Call
	State skinny.State
	// Info is zero until the server tells it.
	Info   skinny.CallInfo
	Prompt string
	KeySet skinny.KeySet
	Keys   []SoftKey
	// Ring of this call, RingOff where it does not ring.
	Ring   skinny.RingMode
	Dialed string
	// Selected to be joined.
	Selected bool
	Privacy  bool
	// Digits are the DTMF tones that the server sounded in the call.
	Digits string
}

// Peer is the other party as the phone shows it.
func (c Call) Peer() skinny.Party {
	if c.Info.Type == skinny.CallInbound {
		return c.Info.Calling
	}
	return c.Info.Called
}

// own tells whether the call is this phone's, and not of another phone with the
// same line.
func (c Call) own() bool {
	return c.State != skinny.StateRemoteMultiline && c.KeySet != skinny.KeysOnHookStealable && c.KeySet != skinny.KeysInUseHint
}

// Stream is an open media stream.
type Stream struct {
	skinny.Stream
	// Receiving and Sending tell what is open, with which codecs.
	Receiving, Sending        bool
	ReceiveCodec, SendCodec   skinny.Capability
	ReceivePacket, SendPacket time.Duration
	// ReceiveEvents and SendEvents are the payload types of telephone-event.
	ReceiveEvents, SendEvents uint32
	Local, Remote             netip.AddrPort
	Counters                  audio.Counters
	// Events are digits that came as telephone-events, Digits those that the
	// server told of.
	Events, Digits string
	Sound          *audio.Sound
}

// Hears tells whether a tone is in what came within the last 300 ms.
func (s Stream) Hears(hertz int) bool { return s.Sound != nil && s.Sound.Hears(hertz) }

// Call by its name.
func (s Snapshot) Call(call skinny.Call) (Call, bool) {
	return s.CallWhere(func(c Call) bool { return c.Call == call })
}

// CallIn gives the oldest call in one of the states.
func (s Snapshot) CallIn(states ...skinny.State) (Call, bool) {
	return s.CallWhere(func(c Call) bool { return slices.Contains(states, c.State) })
}

// CallWhere gives the oldest call of which something is true.
func (s Snapshot) CallWhere(is func(Call) bool) (Call, bool) {
	if at := slices.IndexFunc(s.Calls, is); at >= 0 {
		return s.Calls[at], true
	}
	return Call{}, false
}

// StreamOf gives the stream of a call.
func (s Snapshot) StreamOf(call skinny.Call) (Stream, bool) {
	at := slices.IndexFunc(s.Streams, func(stream Stream) bool { return stream.Reference == call.Reference })
	if at < 0 {
		return Stream{}, false
	}
	return s.Streams[at], true
}

// Line gives the button of a line.
func (s Snapshot) Line(instance uint32) (Button, bool) {
	return s.ButtonOf(skinny.StimulusLine, instance)
}

// ButtonOf gives a button by kind and instance.
func (s Snapshot) ButtonOf(kind skinny.Stimulus, instance uint32) (Button, bool) {
	at := slices.IndexFunc(s.Buttons, func(b Button) bool { return b.Kind == kind && b.Instance == instance })
	if at < 0 {
		return Button{}, false
	}
	return s.Buttons[at], true
}

// Lamp tells how a lamp shines.
func (s Snapshot) Lamp(stimulus skinny.Stimulus, instance uint32) skinny.LampMode {
	if mode, ok := s.Lamps[Lamp{stimulus, instance}]; ok {
		return mode
	}
	return skinny.LampOff
}

// MessageWaiting tells whether the lamp of waiting messages shines.
func (s Snapshot) MessageWaiting() bool {
	for lamp, mode := range s.Lamps {
		if (lamp.Stimulus == skinny.StimulusVoiceMail || lamp.Stimulus == skinny.StimulusMessages) && mode != skinny.LampOff {
			return true
		}
	}
	return false
}

// Sounds tells whether a tone sounds.
func (s Snapshot) Sounds(tone skinny.Tone) bool {
	return slices.ContainsFunc(s.Tones, func(t Tone) bool { return t.Tone == tone })
}
