// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/dialplan"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/skinny"
	"offhook.dev/services/targetconfig"
)

// world is a target with its call model, the driver, and phones that do what
// they are told, on a clock of its own.
type world struct {
	t        *testing.T
	model    *callmodel.Model
	features *linefeatures.Settings
	driver   *Driver
	target   *targetconfig.Target
	now      time.Time
	timers   []*timer
	inputs   []callmodel.Input
	work     []func()
	waiting  map[callmodel.RequestID]func(callmodel.Reply)
	request  callmodel.RequestID
	phones   map[string]*phone
	out      strings.Builder
	calls    []callmodel.CallID
	mixer    *fakeMixer
}

type timer struct {
	at      time.Time
	do      func()
	stopped bool
}

// phone is a fake at the end of a connection.
type phone struct {
	world  *world
	name   string
	deaf   bool
	closed bool
	ports  int
	// station is its end at the driver.
	station *station
	version skinny.Version
}

var _ Conn = (*phone)(nil)

func (p *phone) Speak(dialect skinny.Dialect) { p.version = dialect.Version }

func (*phone) Serve(time.Duration) {}

func (p *phone) Close() {
	if !p.closed {
		p.closed = true
		p.world.say("%s closed", p.name)
	}
}

func (p *phone) Send(m skinny.Message) {
	// What can't be written can't be sent.
	frame, _, ok, err := skinny.Cut(skinny.Append(nil, m, skinny.Dialect{Version: p.version}))
	if err != nil || !ok {
		p.world.t.Errorf("%s: %s is no frame: %v", p.name, m.ID(), err)
	}
	p.world.say("%s %s", p.name, written(frame.Message(skinny.Dialect{Version: p.version})))
	open, ok := m.(*skinny.OpenReceiveChannel)
	if !ok || p.deaf {
		return
	}
	p.ports += 2
	p.world.work = append(p.world.work, func() {
		p.station.received(&skinny.OpenReceiveChannelAck{
			Address: p.station.address, Port: uint16(16382 + p.ports), PassThroughParty: open.PassThroughParty, Reference: open.Reference,
		})
	})
}

// written is a message with its fields that are not zero.
func written(m skinny.Message) string {
	text := m.ID().String()
	var fields func(v reflect.Value)
	fields = func(v reflect.Value) {
		for field, value := range v.Fields() {
			switch {
			case value.IsZero(), field.Name == "Precedence", field.Name == "Restrictions" && value.Uint() == 0:
			case field.Name == "Mask" && value.Uint() == uint64(skinny.AllSoftKeys):
			case field.Name == "Call":
				call, _ := reflect.TypeAssert[skinny.Call](value)
				text += fmt.Sprintf(" at %d/%d", call.Line, call.Reference)
			case value.Type() == reflect.TypeFor[skinny.Party]():
				party, _ := reflect.TypeAssert[skinny.Party](value)
				text += fmt.Sprintf(" %s=%s<%s>", strings.ToLower(field.Name), party.Name, party.Number)
			case value.Type() == reflect.TypeFor[netip.Addr](), value.Type() == reflect.TypeFor[skinny.State]():
				text += fmt.Sprintf(" %v", value.Interface())
			case field.Anonymous:
				fields(value)
			case value.Kind() == reflect.String:
				text += fmt.Sprintf(" %q", skinny.Readable(value.String()))
			case field.Name == "Mask":
				text += fmt.Sprintf(" mask=%x", value.Uint())
			case value.Kind() == reflect.Slice:
				text += fmt.Sprintf(" %d %s", value.Len(), strings.ToLower(field.Name))
			default:
				text += fmt.Sprintf(" %s=%v", strings.ToLower(field.Name), value.Interface())
			}
		}
	}
	fields(reflect.ValueOf(m).Elem())
	return text
}

func (w *world) say(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// Indicate implements Loop, as do those that follow.
func (w *world) Indicate(input callmodel.Input) { w.inputs = append(w.inputs, input) }

func (w *world) New(work func()) bool     { w.work = append(w.work, work); return true }
func (w *world) Further(work func()) bool { return w.New(work) }
func (w *world) Leaving() bool            { return false }
func (w *world) Due(work func())          { w.New(work) }

func (w *world) After(wait time.Duration, work func()) (stop func()) {
	t := &timer{at: w.now.Add(wait), do: work}
	w.timers = append(w.timers, t)
	return func() { t.stopped = true }
}

func (w *world) Request(service func(callmodel.RequestID) callmodel.Input, done func(callmodel.Reply)) {
	w.request++
	w.waiting[w.request] = done
	w.Indicate(service(w.request))
}

func (w *world) Calls(line callmodel.DeviceID) []callmodel.LineCall { return w.model.LineCalls(line) }
func (w *world) Features() *linefeatures.Settings                   { return w.features }

func (w *world) SetDoNotDisturb(line callmodel.DeviceID, on bool) *callmodel.Error {
	changed, refusal := w.features.SetDoNotDisturb(line, on)
	if changed {
		w.say("* DoNotDisturb %s %v", line, on)
		w.changed(line)
	}
	return refusal
}

func (w *world) SetForwarding(line callmodel.DeviceID, f linefeatures.Forwarding) *callmodel.Error {
	now, changed, refusal := w.features.SetForwarding(line, f)
	if changed {
		w.say("* Forwarding %s %s %v %s", line, now.Type, now.Active, now.To)
		w.changed(line)
	}
	return refusal
}

func (w *world) changed(line callmodel.DeviceID) {
	w.driver.Changed(string(line), subscription.KindFeatures)
	w.driver.Changed(string(line), subscription.KindCalls)
	w.Indicate(callmodel.FeaturesChanged{Line: line})
}

// run does what waits, and what that leads to.
func (w *world) run() {
	for len(w.inputs)+len(w.work) > 0 {
		if len(w.inputs) > 0 {
			input := w.inputs[0]
			w.inputs = w.inputs[1:]
			w.step(input)
			continue
		}
		work := w.work[0]
		w.work = w.work[1:]
		work()
	}
}

func (w *world) step(input callmodel.Input) {
	var events []*callmodel.Event
	for _, output := range w.model.Step(input, w.now) {
		switch o := output.(type) {
		case *callmodel.Event:
			w.say("* %s", w.event(o))
			events = append(events, o)
		case callmodel.Reply:
			if done, ok := w.waiting[o.Request]; ok {
				delete(w.waiting, o.Request)
				done(o)
			}
		case callmodel.Command:
			w.driver.Execute(o)
		}
	}
	var told []string
	for _, e := range events {
		for _, reported := range e.Reported {
			if line := string(reported.Device); !slices.Contains(told, line) {
				told = append(told, line)
				w.driver.Changed(line, subscription.KindCalls)
			}
		}
	}
}

// event is an event with its calls counted from c1.
func (w *world) event(e *callmodel.Event) string {
	i := slices.Index(w.calls, e.Connection.Call)
	if i < 0 && e.Connection.Call != "" {
		w.calls = append(w.calls, e.Connection.Call)
		i = len(w.calls) - 1
	}
	if i < 0 {
		return fmt.Sprintf("%s %s", e.Kind, e.Device)
	}
	return strings.TrimSpace(fmt.Sprintf("%s c%d/%s %s", e.Kind, i+1, e.Connection.Device, e.Cause))
}

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	end := w.now.Add(d)
	for {
		next := end
		var due *timer
		for _, t := range w.timers {
			if !t.stopped && !t.at.After(next) && (due == nil || t.at.Before(due.at)) {
				due, next = t, t.at
			}
		}
		deadline, ok := w.model.NextDeadline()
		if ok && !deadline.After(next) && (due == nil || deadline.Before(due.at)) {
			w.now = deadline
			w.Indicate(callmodel.Tick{})
			w.run()
			continue
		}
		w.now = next
		if due == nil {
			return
		}
		due.stopped = true
		due.do()
		w.run()
	}
}

// plan is the target's dial plan as the model asks it.
type plan struct{ *dialplan.Plan }

func (p plan) Resolve(number string) callmodel.Destination {
	to := p.Plan.Resolve(number)
	return callmodel.Destination{
		Line: callmodel.DeviceID(to.Line), External: to.External, Shown: callmodel.DeviceID(to.Shown), Blocked: to.Blocked,
	}
}

// newWorld has lines 1001 and 1002 with a phone each, 1003 at the second phone's
// second button and at a third phone of its own, and 1004 for unknown phones.
func newWorld(t *testing.T) *world {
	t.Helper()
	at := func(device string, button uint32) *configv1.Device {
		return &configv1.Device{Name: strings.ToLower(device), Skinny: &configv1.SkinnyPhone{DeviceName: device, Button: button}}
	}
	alice, shared, own := at("SEP000000000001", 1), at("SEP000000000002", 2), at("SEP000000000003", 1)
	alice.Skinny.Buttons = []*configv1.SkinnyButton{
		{Button: 2, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL, Number: "1002", Label: "Bob"},
		{Button: 3, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_BLF_SPEED_DIAL, Number: "1003", Label: "Desk"},
		{Button: 4, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB},
	}
	line := func(number, name string, devices ...*configv1.Device) *configv1.Line {
		return &configv1.Line{
			Name: "line-" + number, Number: number, DisplayName: name, Watch: true, Control: true, Devices: devices, PickupGroup: "sales",
			Kind: configv1.LineKind_LINE_KIND_STATION,
		}
	}
	config := &configv1.TargetConfig{
		Target: "office", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "office"},
		Driver:   &configv1.Driver{Skinny: &configv1.Skinny{AutoAssign: []string{"1004"}, Voicemail: "1009"}},
		Features: &configv1.Features{ParkSlots: []string{"701"}},
		Lines: []*configv1.Line{
			line("1001", "Alice", alice), line("1002", "Bob", at("SEP000000000002", 1)), line("1003", "Desk", shared, own), line("1004", "Spare"),
			line("1009", "Voice mail"),
		},
	}
	snapshot, err := targetconfig.Build([32]byte{}, config)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("office")
	w := &world{
		t: t, now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), features: linefeatures.New("office"), target: target,
		waiting: make(map[callmodel.RequestID]func(callmodel.Reply)), phones: make(map[string]*phone), mixer: &fakeMixer{},
	}
	w.features.Configure(linefeatures.Config{Lines: config.Lines, Plan: plan{target.DialPlan}, ParkSlots: []callmodel.DeviceID{"701"}})
	ids := 0
	w.model = callmodel.New(callmodel.Options{Prefix: "c", Features: w.features, NewGlobalCallID: func() string {
		ids++
		return fmt.Sprint("G", ids)
	}})
	set := callmodel.SetLines{
		Plan: plan{target.DialPlan}, NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 100, MaxCallsPerLine: 4,
		ParkSlots: []callmodel.DeviceID{"701"},
	}
	for _, l := range config.Lines {
		set.Lines = append(set.Lines, callmodel.Line{
			Number: callmodel.DeviceID(l.GetNumber()), DisplayName: l.GetDisplayName(), PickupGroup: l.GetPickupGroup(),
		})
	}
	w.model.Step(set, w.now)
	w.driver = New(Options{
		Target: target, Gateway: NewGateway(GatewayOptions{}), Mixer: w.mixer, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return w.now },
	}, w)
	return w
}

// register has a phone register and ask for what it shows.
func (w *world) register(name string, version skinny.Version) *phone {
	p := &phone{world: w, name: name, version: skinny.MinVersion}
	device := "SEP00000000000" + name
	if len(name) > 1 {
		device = name
	}
	last := name[len(name)-1]
	m := &skinny.Register{
		Phone:           skinny.Phone{DeviceName: device, DeviceType: skinny.Device7970, Address: netip.AddrFrom4([4]byte{192, 0, 2, last - '0'})},
		ProtocolVersion: uint8(version), Features: skinny.FeatureUTF8,
	}
	p.station = w.driver.register(p, m, m.Phone.Address)
	if p.station == nil {
		return p
	}
	w.phones[name] = p
	p.station.received(&skinny.CapabilitiesRes{Capabilities: []skinny.MediaCapability{
		{Capability: skinny.CapabilityG711MuLaw}, {Capability: skinny.CapabilityG711ALaw}, {Capability: skinny.CapabilityG722},
	}})
	p.station.received(&skinny.RegisterAvailableLines{Lines: 1})
	return p
}

// fakeMixer says what its ports are asked.
type fakeMixer struct{ ports uint16 }

func (m *fakeMixer) Open(mixer.PortOptions) (mixer.Port, error) {
	m.ports += 2
	return &fakePort{port: 20000 + m.ports}, nil
}

type fakePort struct {
	mixer.Port
	port uint16
}

func (p *fakePort) LocalAddress() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, 1}), p.port)
}
func (*fakePort) SetRemote(mixer.Remote) error                     { return nil }
func (*fakePort) Join(mixer.Conference, mixer.Participation) error { return nil }
func (*fakePort) Play(mixer.Source, func()) error                  { return nil }
func (*fakePort) Close()                                           {}
