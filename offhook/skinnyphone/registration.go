// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"offhook.dev/services/skinny"
)

// step of a registration, in words for errors; empty: all is done.
type step string

const (
	stepToken    step = "registration token"
	stepRegister step = "acknowledgement of the registration"
	stepButtons  step = "button template"
	stepSoftKeys step = "soft key template"
	stepKeySets  step = "soft key sets"
	stepLayout   step = "status of lines and buttons"
	stepLeave    step = "acknowledgement of the unregistration"
)

// answer is one that the phone waits for before it is registered.
type answer struct {
	id       skinny.ID
	instance uint32
}

func (a answer) String() string { return fmt.Sprintf("%s %d", a.id, a.instance) }

// maxIPPortVersion is the last whose phones say where they take RTP beforehand.
const maxIPPortVersion skinny.Version = 11

// begin sends the first message.
func (p *Phone) begin(l *link) error {
	if !p.options.Token {
		return p.register(l)
	}
	p.enter(l, stepToken)
	return p.send(&skinny.RegisterTokenReq{Phone: p.identity()})
}

func (p *Phone) identity() skinny.Phone {
	return skinny.Phone{
		DeviceName: p.options.DeviceName, Instance: 1, Address: p.options.LocalAddress, DeviceType: p.options.DeviceType,
	}
}

func (p *Phone) register(l *link) error {
	p.enter(l, stepRegister)
	var messages []skinny.Message
	if p.options.Alarm != "" {
		messages = append(messages, &skinny.Alarm{Severity: alarmInformational, Text: p.options.Alarm})
	}
	messages = append(messages, &skinny.Register{
		Phone: p.identity(), MaxStreams: maxStreamsTold, ProtocolVersion: uint8(p.options.ProtocolVersion),
		Features: p.options.Features, MaxConferences: maxStreamsTold, MAC: mac(p.options.DeviceName),
		MaxLines: uint32(p.options.Lines), FirmwareLoad: p.options.Firmware,
	})
	if p.options.ProtocolVersion <= maxIPPortVersion {
		messages = append(messages, &skinny.IPPort{Port: silentPort})
	}
	return p.send(messages...)
}

const (
	// maxStreamsTold is what desk phones tell.
	maxStreamsTold     = 5
	alarmInformational = 2
)

// enter begins a step, which the server has some time for.
func (p *Phone) enter(l *link, next step) {
	l.step, l.deadline = next, time.Now().Add(p.options.StepTimeout)
}

// acknowledged takes RegisterAck.
func (p *Phone) acknowledged(l *link, m *skinny.RegisterAck) error {
	if l.step != stepRegister {
		p.fault("RegisterAck of a phone that does not register")
		return nil
	}
	told := skinny.Version(m.ProtocolVersion)
	if told == 0 {
		told = skinny.MinVersion // a server of old
	}
	version, ok := skinny.Negotiate(p.options.ProtocolVersion, told)
	if !ok {
		return fmt.Errorf("server speaks version %d", told)
	}
	if told > p.options.ProtocolVersion {
		p.fault("server speaks version %d to a phone of version %d", told, p.options.ProtocolVersion)
	}
	p.speak(l, version)
	alive := time.Duration(m.KeepAlive) * time.Second
	if alive == 0 {
		alive = defaultAlive
	}
	p.change(func(s *screen) {
		s.version, s.keepAlive, s.dateTemplate, s.rejected = version, alive, m.DateTemplate, ""
	})
	l.alive, l.nextAlive = alive, time.Now().Add(alive)
	p.enter(l, stepButtons)
	return p.send(&skinny.HeadsetStatus{Headset: skinny.SwitchOff}, &skinny.ButtonTemplateReq{})
}

// advance goes to the next step when a message completes one.
func (p *Phone) advance(l *link, message skinny.Message) error {
	switch m := message.(type) {
	case *skinny.ButtonTemplate:
		if l.step == stepButtons && complete(m.Offset, len(m.Buttons), m.Total) {
			p.enter(l, stepSoftKeys)
			return p.send(&skinny.SoftKeyTemplateReq{})
		}
	case *skinny.SoftKeyTemplateRes:
		if l.step == stepSoftKeys && complete(m.Offset, len(m.Keys), m.Total) {
			p.enter(l, stepKeySets)
			return p.send(&skinny.SoftKeySetReq{})
		}
	case *skinny.SoftKeySetRes:
		if l.step == stepKeySets && complete(m.Offset, len(m.Sets), m.Total) {
			p.enter(l, stepLayout)
			return p.askLayout(l)
		}
	default:
		if l.step == stepLayout {
			p.answered(l, message)
		}
	}
	return nil
}

func complete(offset uint32, n int, total uint32) bool { return int64(offset)+int64(n) >= int64(total) }

// askLayout asks for all that the buttons need.
func (p *Phone) askLayout(l *link) error {
	l.awaited = make(map[answer]struct{})
	wait := func(id skinny.ID, instance uint32) { l.awaited[answer{id, instance}] = struct{}{} }
	messages := []skinny.Message{&skinny.ConfigStatReq{}}
	wait(skinny.IDConfigStat, 0)
	lines := uint32(0)
	buttons := p.Snapshot().Buttons
	for _, button := range buttons {
		switch button.Kind {
		case skinny.StimulusLine:
			messages = append(messages, &skinny.LineStatReq{Line: button.Instance})
			wait(skinny.IDLineStat, button.Instance)
			lines++
		case skinny.StimulusSpeedDial:
			messages = append(messages, &skinny.SpeedDialStatReq{SpeedDial: button.Instance})
			wait(skinny.IDSpeedDialStat, button.Instance)
		case skinny.StimulusServiceURL:
			messages = append(messages, &skinny.ServiceURLStatReq{Index: button.Instance})
		default:
			messages = append(messages, &skinny.FeatureStatReq{Index: button.Instance, Capabilities: 1})
		}
	}
	for _, button := range buttons {
		if button.Kind == skinny.StimulusLine {
			messages = append(messages, &skinny.ForwardStatReq{Line: button.Instance})
			wait(skinny.IDForwardStat, button.Instance)
		}
	}
	wait(skinny.IDDefineTimeDate, 0)
	return p.send(append(messages, &skinny.RegisterAvailableLines{Lines: lines}, &skinny.TimeDateReq{})...)
}

// answered crosses an answer off; with the last of them the phone is registered.
func (p *Phone) answered(l *link, message skinny.Message) {
	var to answer
	switch m := message.(type) {
	case *skinny.ConfigStat, *skinny.ConfigStatDynamic:
		to.id = skinny.IDConfigStat
	case *skinny.LineStat:
		to = answer{skinny.IDLineStat, m.Line}
	case *skinny.LineStatDynamic:
		to = answer{skinny.IDLineStat, m.Line}
	case *skinny.SpeedDialStat:
		to = answer{skinny.IDSpeedDialStat, m.SpeedDial}
	case *skinny.SpeedDialStatDynamic:
		to = answer{skinny.IDSpeedDialStat, m.SpeedDial}
	case *skinny.ForwardStat:
		to = answer{skinny.IDForwardStat, m.Line}
	case *skinny.DefineTimeDate:
		to.id = skinny.IDDefineTimeDate
	default:
		return
	}
	delete(l.awaited, to)
	if len(l.awaited) > 0 {
		return
	}
	l.step, l.deadline, l.awaited = "", time.Time{}, nil
	p.change(func(s *screen) { s.registered, s.registrations = true, s.registrations+1 })
	p.report(Registered, nil, "")
}

// late says what the server has not done in time.
func (l *link) late() error {
	if len(l.awaited) == 0 {
		return fmt.Errorf("%w: %s", errStep, l.step)
	}
	missing := slices.Collect(maps.Keys(l.awaited))
	return fmt.Errorf("%w: %s, %v", errStep, l.step, missing)
}

// leave unregisters.
func (p *Phone) leave(l *link) error {
	l.leaving, l.step = true, stepLeave
	l.deadline, l.nextAlive, l.answerAt = time.Now().Add(unregisterTime), time.Time{}, time.Time{}
	return p.send(&skinny.Unregister{})
}

// resetWhenIdle starts again as the server commanded, once no call is shown: a
// desk phone does not drop its user's calls for it.
func (p *Phone) resetWhenIdle(l *link) error {
	if l.reset == 0 || l.leaving {
		return nil
	}
	if _, busy := p.Snapshot().CallWhere(Call.own); busy {
		return nil
	}
	p.change(func(s *screen) { s.resets++ })
	if l.reset == skinny.ResetRestart {
		return p.leave(l)
	}
	return errReset
}
