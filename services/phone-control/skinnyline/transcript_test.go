// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/skinny"
)

// TestTranscripts runs the stories in testdata. Phones are 1, 2 and 3, for the
// last digit of their names. What follows a command is what the phones are sent,
// and after an asterisk the model's events.
//
//	register 1 [version=17]        a phone registers
//	register SEP0000000000AA       one that is not configured
//	ask 1                          and asks for all that it shows
//	soft 1 Hold [2]                a soft key, on the call of a reference
//	pad 1 1002                     keys of the keypad
//	hook 1 off|on                  the handset
//	line 1 2, speed 1 1, button 1 hold
//	enbloc 1 1002
//	app MakeCall 1001 1002         and other services; connections are c1/1001
//	feature 1002 forward 1003      a setting changes; also dnd, mwi
//	deaf 1                         opens no more channels
//	lost 1                         the connection is lost
//	reset 1
//	wait 30s
//	display 1 text                 SetDisplay
func TestTranscripts(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		w := newWorld(t)
		quiet := true
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.t = t
			w.out.Reset()
			if d.Cmd == "register" && quiet && d.HasArg("quietly") {
				w.command(d)
				w.run()
				return ""
			}
			w.command(d)
			w.run()
			return w.out.String()
		})
		w.check()
	})
}

// check looks for what a story must not leave behind.
func (w *world) check() {
	for party, c := range w.driver.channels {
		if c.leg.channel != c || c.leg.state == legGone {
			w.t.Errorf("channel %d is left over", party)
		}
	}
	if w.model.Calls() > 0 {
		return
	}
	if len(w.driver.legs)+len(w.driver.channels)+len(w.driver.dialled) > 0 {
		w.t.Errorf("without a call there are %d legs, %d channels", len(w.driver.legs), len(w.driver.channels))
	}
	for name, p := range w.phones {
		if s := p.station; w.driver.stations[s.name] == s && (len(s.views) > 0 || s.active != nil) {
			w.t.Errorf("without a call phone %s shows %d", name, len(s.views))
		}
	}
}

func (w *world) command(d *datadriven.TestData) {
	word := func(i int) string {
		for _, argument := range d.CmdArgs {
			if len(argument.Vals) == 0 {
				if i == 0 {
					return argument.Key
				}
				i--
			}
		}
		return ""
	}
	number := func(i int) uint32 {
		n, _ := strconv.ParseUint(word(i), 10, 32)
		return uint32(n)
	}
	if d.Cmd == "app" {
		w.serve(word)
		return
	}
	p := w.phones[word(0)]
	if p == nil && d.Cmd != "register" && d.Cmd != "wait" && d.Cmd != "feature" {
		d.Fatalf(w.t, "there is no phone %q", word(0))
	}
	switch d.Cmd {
	case "register":
		version := 17
		d.MaybeScanArgs(w.t, "version", &version)
		w.register(word(0), skinny.Version(version))
	case "ask":
		for _, m := range []skinny.Message{
			&skinny.ButtonTemplateReq{}, &skinny.SoftKeyTemplateReq{}, &skinny.SoftKeySetReq{}, &skinny.ConfigStatReq{},
			&skinny.LineStatReq{Line: 1}, &skinny.ForwardStatReq{Line: 1}, &skinny.SpeedDialStatReq{SpeedDial: 1},
			&skinny.FeatureStatReq{Index: 1}, &skinny.FeatureStatReq{Index: 2}, &skinny.TimeDateReq{},
		} {
			p.station.received(m)
		}
	case "soft":
		for _, key := range softKeys() {
			if strings.EqualFold(strings.ReplaceAll(skinny.Readable(key.Label), " ", ""), word(1)) {
				id := skinny.Call{Reference: number(2)}
				switch c := p.callOf(number(2)); {
				case c != nil:
					id.Line = p.station.instanceOf(c.line)
					p.mustShow(c, key.Key)
				case number(2) != 0:
					w.t.Errorf("phone %s has no call %d", p.name, number(2))
				}
				p.station.received(&skinny.SoftKeyEvent{Key: key.Key, Call: id})
				return
			}
		}
		d.Fatalf(w.t, "there is no soft key %q", word(1))
	case "pad":
		for _, digit := range []byte(word(1)) {
			key, _ := skinny.KeyOf(digit)
			p.station.received(&skinny.KeypadButton{Key: key})
			w.run()
		}
	case "hook":
		if word(1) == "off" {
			p.station.received(&skinny.OffHook{})
		} else {
			p.station.received(&skinny.OnHook{})
		}
	case "line":
		p.station.received(&skinny.ButtonPressed{Stimulus: skinny.StimulusLine, Instance: number(1)})
	case "speed":
		p.station.received(&skinny.ButtonPressed{Stimulus: skinny.StimulusSpeedDial, Instance: number(1)})
	case "stimulus":
		n, _ := strconv.ParseUint(word(1), 0, 32)
		p.station.received(&skinny.ButtonPressed{Stimulus: skinny.Stimulus(n), Instance: number(2)})
	case "enbloc":
		p.station.received(&skinny.EnblocCall{Number: word(1)})
	case "subscribe":
		p.station.received(&skinny.SubscriptionStatReq{Transaction: 7, Feature: 1, Timer: 3600, Number: word(1)})
	case "button":
		if refusal := w.driver.PressButton(p.station.lines[0].line.number, word(1)); refusal != nil {
			w.say("refused: %s", refusal.Value)
		}
	case "display":
		_ = p.station.desk.SetDisplay(word(1), 0, 0)
		w.driver.DeskChanged(p.station.lines[0].line.number)
	case "mute":
		p.station.desk.MicrophoneMuted = word(1) == "on"
		w.driver.DeskChanged(p.station.lines[0].line.number)
	case "lamp":
		_ = p.station.desk.SetLamp(word(1), word(2))
		w.driver.DeskChanged(p.station.lines[0].line.number)
	case "deaf":
		p.deaf = true
	case "lost":
		p.station.leave("connection lost")
	case "reset":
		if refusal := w.driver.ResetPhone(p.station.name, true); refusal != nil {
			w.say("refused: %s", refusal.Value)
		}
	case "wait":
		after, err := time.ParseDuration(word(0))
		if err != nil {
			d.Fatalf(w.t, "%v", err)
		}
		w.wait(after)
	case "feature":
		w.set(word)
	default:
		d.Fatalf(w.t, "there is no command %q", d.Cmd)
	}
}

func (w *world) set(word func(int) string) {
	line := callmodel.DeviceID(word(0))
	switch word(1) {
	case "forward":
		_ = w.SetForwarding(line, linefeatures.Forwarding{Type: forwardImmediate, Active: word(2) != "", To: word(2)})
	case "dnd":
		_ = w.SetDoNotDisturb(line, word(2) == "on")
	case "mwi":
		_, _ = w.features.SetMessageWaiting(line, linefeatures.MessageWaiting{On: word(2) == "on"})
		w.driver.Changed(string(line), subscription.KindMessageWaiting)
	}
}

// callOf is the call of a reference.
func (p *phone) callOf(reference uint32) *call {
	for _, place := range p.station.lines {
		for _, c := range place.line.calls {
			if c.reference == reference {
				return c
			}
		}
	}
	return nil
}

// mustShow fails where a user could not press the key.
func (p *phone) mustShow(c *call, key skinny.SoftKey) {
	v, shown := p.station.views[c]
	for i, offered := range keysOf(v.keys) {
		if offered == key && shown && v.mask&(1<<i) != 0 {
			return
		}
	}
	p.world.t.Errorf("phone %s does not show soft key %d with call %d", p.name, key, c.reference)
}

// serve is what an application asks for.
func (w *world) serve(word func(int) string) {
	id := func(i int) callmodel.ConnectionID {
		call, device, _ := strings.Cut(word(i), "/")
		n, err := strconv.Atoi(strings.TrimPrefix(call, "c"))
		if err != nil || n < 1 || n > len(w.calls) {
			w.t.Fatalf("there is no call %q", call)
		}
		return callmodel.ConnectionID{Call: w.calls[n-1], Device: callmodel.DeviceID(device)}
	}
	w.Request(func(request callmodel.RequestID) callmodel.Input {
		switch word(0) {
		case "MakeCall":
			return callmodel.MakeCall{
				Request: request, Calling: callmodel.DeviceID(word(1)), Called: word(2), DoNotPrompt: word(3) != "prompt",
			}
		case "AnswerCall":
			return callmodel.AnswerCall{Request: request, Connection: id(1)}
		case "ClearConnection":
			return callmodel.ClearConnection{Request: request, Connection: id(1)}
		case "HoldCall":
			return callmodel.HoldCall{Request: request, Connection: id(1)}
		case "RetrieveCall":
			return callmodel.RetrieveCall{Request: request, Connection: id(1)}
		case "AlternateCall":
			return callmodel.AlternateCall{Request: request, Held: id(1), Active: id(2)}
		case "ReconnectCall":
			return callmodel.ReconnectCall{Request: request, Active: id(1), Held: id(2)}
		case "ConsultationCall":
			return callmodel.ConsultationCall{Request: request, Existing: id(1), Consulted: word(2)}
		case "TransferCall":
			return callmodel.TransferCall{Request: request, Held: id(1), Active: id(2)}
		case "ConferenceCall":
			return callmodel.ConferenceCall{Request: request, Held: id(1), Active: id(2)}
		case "SingleStepTransferCall":
			return callmodel.SingleStepTransferCall{Request: request, Active: id(1), To: word(2)}
		case "SingleStepConferenceCall":
			return callmodel.SingleStepConferenceCall{Request: request, Active: id(1), Joining: word(2)}
		case "DeflectCall":
			return callmodel.DeflectCall{Request: request, Connection: id(1), To: word(2)}
		case "DirectedPickupCall":
			return callmodel.DirectedPickupCall{Request: request, PickedUp: id(1), Requesting: callmodel.DeviceID(word(2))}
		case "GroupPickupCall":
			return callmodel.GroupPickupCall{Request: request, Line: callmodel.DeviceID(word(1))}
		case "ParkCall":
			return callmodel.ParkCall{Request: request, Parking: id(1)}
		case "JoinCall":
			return callmodel.JoinCall{Request: request, Call: id(1), Joining: callmodel.DeviceID(word(2)), DoNotPrompt: true}
		case "GenerateDigits":
			return callmodel.GenerateDigits{Request: request, Connection: id(1), Digits: word(2)}
		case "DialDigits":
			return callmodel.DialDigits{Request: request, Connection: id(1), Digits: word(2)}
		}
		w.t.Fatalf("there is no service %q", word(0))
		return nil
	}, func(reply callmodel.Reply) {
		if reply.Error != nil {
			w.say("refused: %s %s", reply.Error.Value, reply.Error.Detail)
			return
		}
		w.say("served")
	})
}
