// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"fmt"
	"net/netip"
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
	"offhook.dev/services/skinny"
	"offhook.dev/services/skinnyport"
	"offhook.dev/services/targetconfig"
)

// highest is the highest version that phones are answered with.
func (d *Driver) highest() skinny.Version {
	if v := d.config.Config.GetDriver().GetSkinny().GetMaxProtocolVersion(); v > 0 {
		return skinny.Version(v)
	}
	return skinny.MaxVersion
}

// phoneFor is the configuration of a phone. An unknown one is given a line where
// the target says so.
func (d *Driver) phoneFor(name string) (*targetconfig.SkinnyPhone, bool) {
	if phone, ok := d.config.SkinnyPhone(name); ok {
		return phone, true
	}
	free := d.config.Config.GetDriver().GetSkinny().GetAutoAssign()
	if number, ok := d.assigned[name]; ok && slices.Contains(free, string(number)) {
		return d.assign(name, number)
	}
	delete(d.assigned, name)
next:
	for _, number := range free {
		for _, taken := range d.assigned {
			if string(taken) == number {
				continue next
			}
		}
		return d.assign(name, callmodel.DeviceID(number))
	}
	return nil, false
}

func (d *Driver) assign(name string, number callmodel.DeviceID) (*targetconfig.SkinnyPhone, bool) {
	line, ok := d.config.Line(string(number))
	if !ok {
		return nil, false
	}
	d.assigned[name] = number
	return &targetconfig.SkinnyPhone{
		DeviceName: name, Target: d.config, Lines: []targetconfig.SkinnyLine{{Button: 1, Line: line}},
	}, true
}

// refusal is why a phone is not served, as its display says it.
type refusal struct{ reason, text string }

// admit tells whether a phone may register; nil: it may.
func (d *Driver) admit(who skinny.Phone, conn Conn) (*targetconfig.SkinnyPhone, *refusal) {
	phone, known := d.phoneFor(who.DeviceName)
	switch {
	case !known:
		return nil, &refusal{"unknown_device", "Error: Unknown Device"}
	case d.config.Config.GetDrain():
		return nil, &refusal{"draining", "Error: Maintenance"}
	}
	if s, ok := d.stations[who.DeviceName]; ok && s.conn != conn && s.address != who.Address.Unmap() {
		return nil, &refusal{"registered_twice", "Error: Already Registered"}
	}
	return phone, nil
}

// token lets a phone register, or has it wait.
func (d *Driver) token(conn Conn, m *skinny.RegisterTokenReq) {
	if _, refused := d.admit(m.Phone, conn); refused != nil {
		d.metrics.refused(d.target, refused.reason)
		conn.Send(skinnyport.Refusal(m.ID(), refused.text))
		return
	}
	conn.Send(&skinny.RegisterTokenAck{})
}

// register serves a phone; nil: it is refused.
func (d *Driver) register(conn Conn, m *skinny.Register, from netip.Addr) *station {
	phone, refused := d.admit(m.Phone, conn)
	version, speaks := skinny.Negotiate(skinny.Version(max(m.ProtocolVersion, uint8(skinny.MinVersion))), d.highest())
	if refused == nil && !speaks {
		refused = &refusal{"version", "Error: Protocol Version"}
	}
	if refused != nil {
		d.metrics.refused(d.target, refused.reason)
		d.logger.Warn("phone is refused", "target", d.target, "device", m.Phone.DeviceName, "reason", refused.reason)
		conn.Send(skinnyport.Refusal(m.ID(), refused.text))
		conn.Close()
		return nil
	}
	if before, ok := d.stations[phone.DeviceName]; ok {
		before.leave("registers anew")
	}
	address := m.Phone.Address.Unmap()
	if !address.IsValid() || address.IsUnspecified() {
		address = from.Unmap()
	}
	s := &station{
		driver: d, name: phone.DeviceName, conn: conn, phone: phone, kind: m.Phone.DeviceType, model: m.Phone.DeviceType.Model(),
		address: address, since: d.now(), capabilities: []skinny.Capability{skinny.CapabilityG711MuLaw},
		dialect: skinny.Dialect{Version: version, UTF8: m.Features&skinny.FeatureUTF8 != 0},
		views:   make(map[*call]view), lamps: make(map[lampKey]skinny.LampMode), subscribed: make(map[string]skinny.SubscriptionStatReq),
		statuses: make(map[uint32]uint32), shownLamps: make(map[string]skinny.LampMode),
	}
	s.layOut()
	s.desk = desk.New(s.deskLayout())
	d.stations[s.name] = s
	conn.Speak(s.dialect)
	conn.Serve(d.config.SkinnyKeepAlive())
	s.acknowledge(m.Features)
	d.loop.After(readyTimeout, s.ready)
	d.noteRegistration(s)
	d.logger.Info("phone is registered", "target", d.target, "device", s.name, "model", s.model.Name, "version", version, "address", address)
	return s
}

// acknowledge welcomes the phone.
func (s *station) acknowledge(features skinny.Features) {
	d := s.driver
	template := d.config.Config.GetDriver().GetSkinny().GetDateTemplate()
	if template == "" {
		template = "D/M/Y"
	}
	seconds := uint32(d.config.SkinnyKeepAlive() / second)
	ack := &skinny.RegisterAck{
		KeepAlive: seconds, SecondaryKeepAlive: seconds, DateTemplate: template, ProtocolVersion: uint8(s.dialect.Version),
	}
	if s.dialect.Version >= 5 {
		ack.Features = features & (skinny.FeatureUTF8 | skinny.FeatureDynamicMessages | skinny.FeatureAbbreviatedDial)
		ack.Unknown = 0x20
	}
	s.send(ack)
	s.send(&skinny.CapabilitiesReq{})
}

// readyTimeout is how long a phone may ask for what it shows before its lines
// are in service.
const readyTimeout = 5 * second

// ready puts the phone's lines in service, once it has asked for what it shows:
// last of all for the time.
func (s *station) ready() {
	if s.serves || s.driver.stations[s.name] != s {
		return
	}
	s.serves = true
	for _, p := range s.lines {
		s.driver.join(p)
	}
	s.showFeatures()
	for _, p := range s.lines {
		s.driver.refresh(p.line)
	}
}

// asked answers what a phone asks for when it registers, and later.
func (s *station) asked(m skinny.Message) bool {
	d := s.driver
	switch m := m.(type) {
	case *skinny.CapabilitiesRes:
		s.capable(m.Capabilities)
	case *skinny.UpdateCapabilities:
		s.capable(m.Audio)
	case *skinny.UpdateCapabilitiesV2:
		s.capable(m.Audio)
	case *skinny.UpdateCapabilitiesV3:
		s.capable(m.Audio)
	case *skinny.ButtonTemplateReq:
		s.send(s.buttonTemplate())
	case *skinny.SoftKeyTemplateReq:
		s.send(softKeyTemplate())
	case *skinny.SoftKeySetReq:
		s.send(softKeySets())
		s.send(&skinny.SelectSoftKeys{Set: skinny.KeysOnHook, Mask: s.mask(skinny.KeysOnHook, s.current())})
	case *skinny.ConfigStatReq:
		s.configStat()
	case *skinny.LineStatReq:
		s.lineStat(m.Line)
	case *skinny.SpeedDialStatReq:
		s.speedDialStat(m.SpeedDial)
	case *skinny.FeatureStatReq:
		delete(s.statuses, m.Index)
		s.featureStat(m.Index)
	case *skinny.ServiceURLStatReq:
		s.send(&skinny.ServiceURLStatDynamic{Index: m.Index})
	case *skinny.ForwardStatReq:
		s.forwardStat(m.Line)
	case *skinny.TimeDateReq:
		s.send(skinny.TimeDate(d.now().In(d.zone)))
		s.ready()
	case *skinny.RegisterAvailableLines:
		s.ready()
	case *skinny.VersionReq:
		s.send(&skinny.VersionRes{})
	case *skinny.ServerReq:
		s.send(&skinny.ServerRes{})
	case *skinny.SubscriptionStatReq:
		s.subscribe(*m)
	default:
		return false
	}
	return true
}

// capable notes which codecs the phone has.
func (s *station) capable(list []skinny.MediaCapability) {
	if len(list) == 0 {
		return
	}
	s.capabilities = nil
	for _, c := range list {
		s.capabilities = append(s.capabilities, c.Capability)
	}
}

func (s *station) configStat() {
	speedDials := 0
	for _, b := range s.buttons {
		if b.kind == skinny.StimulusSpeedDial {
			speedDials++
		}
	}
	m := &skinny.ConfigStat{
		DeviceName: s.name, UserID: 1, Instance: 1, ServerName: s.driver.target,
		Lines: uint32(len(s.lines)), SpeedDialCount: uint32(speedDials),
	}
	if len(s.lines) > 0 {
		m.UserName = s.driver.displayName(s.lines[0].line.number)
	}
	s.send(m)
}

func (s *station) lineStat(instance uint32) {
	m := &skinny.LineStat{Line: instance, Options: skinny.DisplayCallingParty}
	if p, ok := s.instance(instance); ok {
		m.Number, m.Name = string(p.line.number), s.driver.displayName(p.line.number)
		m.Label = m.Number
		if m.Name == "" {
			m.Name = m.Number
		}
	}
	s.send(m)
}

// received takes a message of a phone that is registered.
func (s *station) received(m skinny.Message) {
	if s.asked(m) {
		return
	}
	switch m := m.(type) {
	case *skinny.SoftKeyEvent:
		s.softKey(m.Key, m.Call)
	case *skinny.KeypadButton:
		s.keypad(m.Key, m.Call)
	case *skinny.EnblocCall:
		s.enbloc(m.Number, m.Line)
	case *skinny.ButtonPressed:
		s.stimulus(m)
	case *skinny.OffHook:
		s.hookOff(m.Call)
	case *skinny.OnHook:
		s.hookOn()
	case *skinny.HookFlash:
		s.softKey(skinny.KeyTransfer, m.Call)
	case *skinny.OpenReceiveChannelAck:
		s.driver.acknowledged(s, m)
	case *skinny.Unregister:
		s.send(&skinny.UnregisterAck{})
		s.leave("unregisters")
	case *skinny.Alarm:
		s.driver.logger.Info("phone says", "target", s.driver.target, "device", s.name, "alarm", fmt.Sprintf("%.80q", m.Text))
	}
}
