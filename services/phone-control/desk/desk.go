// SPDX-License-Identifier: Apache-2.0

// Package desk is what a phone has on the desk that a server can set and read:
// microphone, speaker, display, buttons and lamps (ECMA-269, physical device
// features). It is pure state; a driver that has such phones keeps one Phone for
// each. It never knows calls.
package desk

import (
	"slices"
	"strings"
	"unicode/utf8"

	"offhook.dev/services/phone-control/callmodel"
)

// Lamp is one lamp.
type Lamp struct {
	// ID names it, Label is what stands beside it.
	ID, Label string
	// Mode is an ECMA-323 LampMode.
	Mode string
}

// Layout is what a kind of phone has.
type Layout struct {
	Model string
	// Microphone can be muted; Speaker can be muted and made louder.
	Microphone, Speaker bool
	// Rows and Columns of the display; zero: none.
	Rows, Columns int
	// Buttons by their ids.
	Buttons []string
	Lamps   []Lamp
}

// Phone is the desk side of one phone. It is not safe for concurrent use.
type Phone struct {
	layout  Layout
	lamps   []Lamp
	display []string

	MicrophoneMuted, SpeakerMuted bool
	// Volume of the speaker, from 0 to 100.
	Volume int
}

// defaultVolume is that of a phone nobody has touched.
const defaultVolume = 50

// New makes a phone.
func New(layout Layout) *Phone {
	return &Phone{layout: layout, lamps: slices.Clone(layout.Lamps), display: make([]string, layout.Rows), Volume: defaultVolume}
}

// Layout is what the phone has.
func (p *Phone) Layout() Layout { return p.layout }

// Display is the text on the display, its rows apart by line ends.
func (p *Phone) Display() string { return strings.TrimRight(strings.Join(p.display, "\n"), "\n") }

// SetDisplay writes text on the display from a place on, and on the rows below
// where it is longer than a row or has line ends. Row and column count from 0;
// what has no room is cut off.
func (p *Phone) SetDisplay(text string, row, column int) *callmodel.Error {
	switch {
	case p.layout.Rows == 0:
		return refuse("requestIncompatibleWithDevice", "the phone has no display")
	case row < 0 || row >= p.layout.Rows || column < 0 || column >= p.layout.Columns:
		return refuse("valueOutOfRange", "the display has no such place")
	case !utf8.ValidString(text):
		return refuse("invalidParameterValue", "the text is not UTF-8")
	}
	if row == 0 && column == 0 {
		clear(p.display)
	}
	for line := range strings.SplitSeq(text, "\n") {
		written := []rune(line)
		for first := true; (first || len(written) > 0) && row < p.layout.Rows; first = false {
			room := min(p.layout.Columns-column, len(written))
			before := []rune(p.display[row])
			for len(before) < column {
				before = append(before, ' ')
			}
			rest := []rune(nil)
			if end := column + room; end < len(before) {
				rest = before[end:]
			}
			p.display[row] = string(slices.Concat(before[:column], written[:room], rest))
			written, column = written[room:], 0
			row++
		}
	}
	return nil
}

// Lamps are those with an id, all where it is empty.
func (p *Phone) Lamps(id string) ([]Lamp, *callmodel.Error) {
	if id == "" {
		return slices.Clone(p.lamps), nil
	}
	for _, lamp := range p.lamps {
		if lamp.ID == id {
			return []Lamp{lamp}, nil
		}
	}
	return nil, refuse("invalidLampID", "the phone has no such lamp")
}

// SetLamp sets the mode of a lamp.
func (p *Phone) SetLamp(id, mode string) *callmodel.Error {
	for i := range p.lamps {
		if p.lamps[i].ID == id {
			p.lamps[i].Mode = mode
			return nil
		}
	}
	return refuse("invalidLampID", "the phone has no such lamp")
}

// HasButton tells whether the phone has a button.
func (p *Phone) HasButton(id string) bool { return slices.Contains(p.layout.Buttons, id) }

func refuse(value, detail string) *callmodel.Error {
	return &callmodel.Error{Category: "operation", Value: value, Detail: detail}
}
