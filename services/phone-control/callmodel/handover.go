// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Errors of a hand-over, for errors.Is.
var (
	// ErrServicesWait tells that services wait for their phones: the model can't
	// be handed over before they are done.
	ErrServicesWait = errors.New("services wait for phones")
	// ErrHandOver tells that calls can't be taken over.
	ErrHandOver = errors.New("calls can't be taken over")
)

// handOverVersion is that of the saved form. Fields are added, never given
// another meaning; a change that older models would misread takes the next.
const handOverVersion = 1

// saved is a model's calls in a form that another replica, of another version
// perhaps, restores. Connections are named by their order, which is unique.
type saved struct {
	Version   int
	InService []DeviceID            `json:",omitempty"`
	Calls     []savedCall           `json:",omitempty"`
	Legs      []savedLeg            `json:",omitempty"`
	Parked    map[DeviceID]uint64   `json:",omitempty"`
	LineOrder map[DeviceID][]uint64 `json:",omitempty"`
	CallBacks []savedCallBack       `json:",omitempty"`
	Routeing  savedRouteing         `json:",omitzero"`
	LastLeg   LegID
	LastOrder uint64
	Counter   uint64
	TrunkLegs int    `json:",omitempty"`
	Ignored   uint64 `json:",omitempty"`
}

type savedCall struct {
	ID                CallID
	Calling           DeviceID       `json:",omitempty"`
	Called            DeviceID       `json:",omitempty"`
	LastRedirection   DeviceID       `json:",omitempty"`
	AssociatedCalling DeviceID       `json:",omitempty"`
	Restricted        bool           `json:",omitempty"`
	Data              Data           `json:",omitzero"`
	GlobalID          string         `json:",omitempty"`
	Dialled           string         `json:",omitempty"`
	Reason            Cause          `json:",omitempty"`
	Made              bool           `json:",omitempty"`
	Consult           ConsultOptions `json:",omitempty"`
	Failed            Cause          `json:",omitempty"`
	FailedAt          DeviceID       `json:",omitempty"`
	Forwarders        []DeviceID     `json:",omitempty"`
	Redirections      int            `json:",omitempty"`
	SentOn            bool           `json:",omitempty"`
	Adding            DeviceID       `json:",omitempty"`
	Route             *int           `json:",omitempty"` // among the dialogues
	Connections       []savedConnection
}

type savedConnection struct {
	Order  uint64
	Device DeviceID
	State  State
	Role   role     `json:",omitempty"`
	Why    Cause    `json:",omitempty"`
	Silent bool     `json:",omitempty"`
	AtLine bool     `json:",omitempty"`
	By     DeviceID `json:",omitempty"`
	// Until and AutoAnswer are what is left of the times.
	Until      *time.Duration `json:",omitempty"`
	AutoAnswer *time.Duration `json:",omitempty"`
}

type savedLeg struct {
	ID          LegID
	State       legState `json:",omitempty"`
	Connections []uint64
	Media       Media `json:",omitzero"`
	Asked       bool  `json:",omitempty"`
	Settled     bool  `json:",omitempty"`
	External    bool  `json:",omitempty"`
}

type savedCallBack struct {
	Originating, Target DeviceID
	Unanswered, Used    bool
	Left                time.Duration
}

type savedRouteing struct {
	Registrations []Registration  `json:",omitempty"`
	Dialogues     []savedDialogue `json:",omitempty"`
	Counter       uint64          `json:",omitempty"`
	Version       uint64          `json:",omitempty"`
}

type savedDialogue struct {
	CrossRef, Session, ID string
	Call                  CallID
	Device                DeviceID
	Asked                 bool     `json:",omitempty"`
	Routes                []string `json:",omitempty"`
	Retries               int      `json:",omitempty"`
	Used                  bool     `json:",omitempty"`
}

// Waiting tells whether services wait for phones.
func (m *Model) Waiting() bool {
	for _, t := range m.deadlines {
		if t.kind == serviceEnds {
			return true
		}
	}
	return false
}

// Quiet tells that no service waits for a phone, every leg is up, and its media
// are as they should be.
func (m *Model) Quiet() bool {
	for _, l := range m.legs {
		if l.state != legUp || !l.settled {
			return false
		}
	}
	return !m.Waiting()
}

// Legs lists the legs that there are, in the order of their names.
func (m *Model) Legs() []LegID { return slices.Sorted(maps.Keys(m.legs)) }

// Export gives all calls in a form that Restore takes. The model stays as it is.
// It fails with ErrServicesWait; what else is under way is exported as it stands.
func (m *Model) Export(now time.Time) ([]byte, error) {
	if m.Waiting() {
		return nil, ErrServicesWait
	}
	s := saved{
		Version: handOverVersion, LastLeg: m.lastLeg, LastOrder: m.lastOrder, Counter: m.counter, TrunkLegs: m.trunkLegs, Ignored: m.ignored,
		Parked: make(map[DeviceID]uint64, len(m.parked)), LineOrder: make(map[DeviceID][]uint64),
	}
	dialogues := make(map[*dialogue]int, len(m.routeing.dialogues))
	for i, d := range m.routeing.dialogues {
		dialogues[d] = i
		s.Routeing.Dialogues = append(s.Routeing.Dialogues, savedDialogue{
			CrossRef: d.crossRef, Session: d.session, ID: d.id, Call: d.call.id, Device: d.device,
			Asked: d.asked, Routes: d.routes, Retries: d.retries, Used: d.used,
		})
	}
	s.Routeing.Registrations, s.Routeing.Counter, s.Routeing.Version = m.Registrations(), m.routeing.counter, m.routeing.version
	for _, id := range slices.Sorted(maps.Keys(m.calls)) {
		s.Calls = append(s.Calls, m.calls[id].save(dialogues, now))
	}
	for _, id := range m.Legs() {
		l := m.legs[id]
		s.Legs = append(s.Legs, savedLeg{
			ID: l.id, State: l.state, Connections: orders(l.connections), Media: l.media, Asked: l.asked, Settled: l.settled, External: l.external,
		})
	}
	for _, number := range slices.Sorted(maps.Keys(m.lines)) {
		l := m.lines[number]
		if l.inService {
			s.InService = append(s.InService, number)
		}
		if len(l.connections) > 0 {
			s.LineOrder[number] = orders(l.connections)
		}
	}
	for at, n := range m.parked {
		s.Parked[at] = n.order
	}
	for _, b := range m.callBacks {
		s.CallBacks = append(s.CallBacks, savedCallBack{b.originating, b.target, b.unanswered, b.used, b.timer.at.Sub(now)})
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("save calls: %w", err)
	}
	return text, nil
}

func (c *call) save(dialogues map[*dialogue]int, now time.Time) savedCall {
	s := savedCall{
		ID: c.id, Calling: c.calling, Called: c.called, LastRedirection: c.lastRedirection, AssociatedCalling: c.associatedCalling,
		Restricted: c.restricted, Data: c.data, GlobalID: c.globalID, Dialled: c.dialled, Reason: c.reason, Made: c.made,
		Consult: c.consult, Failed: c.failed, FailedAt: c.failedAt, Forwarders: c.forwarders, Redirections: c.redirections,
		SentOn: c.sentOn, Adding: c.adding,
	}
	if at, ok := dialogues[c.route]; ok {
		s.Route = &at
	}
	for _, n := range c.connections {
		s.Connections = append(s.Connections, savedConnection{
			Order: n.order, Device: n.id.Device, State: n.state, Role: n.role, Why: n.why, Silent: n.silent, AtLine: n.line != nil, By: n.by,
			Until: n.until.left(now), AutoAnswer: n.autoAnswer.left(now),
		})
	}
	return s
}

// left is how much of a timer's time is left; nil: it does not run.
func (t *timer) left(now time.Time) *time.Duration {
	if t.index == 0 {
		return nil
	}
	left := t.at.Sub(now)
	return &left
}

func orders(connections []*connection) []uint64 {
	list := make([]uint64, len(connections))
	for i, n := range connections {
		list[i] = n.order
	}
	return list
}

// Restore takes over the calls that Export gave. The model has its lines and no
// call yet. Nothing is put out: for applications nothing happened. It fails with
// ErrHandOver, and the model has no calls then.
func (m *Model) Restore(text []byte, now time.Time) error {
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrHandOver, err)
	}
	if s.Version != handOverVersion {
		return fmt.Errorf("%w: they are in version %d, known is %d", ErrHandOver, s.Version, handOverVersion)
	}
	r := restoring{model: m, now: now, connections: make(map[uint64]*connection)}
	m.now = now
	if err := r.restore(&s); err != nil {
		m.forgetCalls()
		return fmt.Errorf("%w: %w", ErrHandOver, err)
	}
	return nil
}

// forgetCalls empties a model whose calls could not be restored.
func (m *Model) forgetCalls() {
	fresh := New(m.options)
	fresh.config, fresh.lines, fresh.now = m.config, m.lines, m.now
	for _, l := range fresh.lines {
		l.connections, l.inService = nil, false
	}
	*m = *fresh
}

type restoring struct {
	model       *Model
	now         time.Time
	connections map[uint64]*connection
}

func (r *restoring) restore(s *saved) error {
	m := r.model
	m.lastLeg, m.lastOrder, m.counter, m.trunkLegs, m.ignored = s.LastLeg, s.LastOrder, s.Counter, s.TrunkLegs, s.Ignored
	for _, number := range s.InService {
		if l, known := m.lines[number]; known {
			l.inService = true
		}
	}
	m.routeing.counter, m.routeing.version = s.Routeing.Counter, s.Routeing.Version
	for _, registered := range s.Routeing.Registrations {
		m.routeing.list = append(m.routeing.list, &registration{id: registered.ID, session: registered.Session, devices: registered.Devices})
	}
	for _, d := range s.Routeing.Dialogues {
		m.routeing.dialogues = append(m.routeing.dialogues, &dialogue{
			crossRef: d.CrossRef, session: d.Session, id: d.ID, device: d.Device, asked: d.Asked, routes: d.Routes, retries: d.Retries, used: d.Used,
		})
	}
	for i := range s.Calls {
		if err := r.call(&s.Calls[i]); err != nil {
			return err
		}
	}
	for i, d := range s.Routeing.Dialogues {
		c, known := m.calls[d.Call]
		if !known {
			return fmt.Errorf("route %s is of no call", d.CrossRef)
		}
		m.routeing.dialogues[i].call = c
	}
	for _, l := range s.Legs {
		if err := r.leg(l); err != nil {
			return err
		}
	}
	for number, list := range s.LineOrder {
		l, known := m.lines[number]
		if !known {
			return fmt.Errorf("line %s is configured no more", number)
		}
		var err error
		if l.connections, err = r.all(list); err != nil {
			return err
		}
	}
	for at, order := range s.Parked {
		n, known := r.connections[order]
		if !known {
			return fmt.Errorf("no call is parked at %s", at)
		}
		m.parked[at] = n
	}
	for _, b := range s.CallBacks {
		if m.lines[b.Originating] == nil || m.lines[b.Target] == nil {
			continue
		}
		restored := &callBack{originating: b.Originating, target: b.Target, unanswered: b.Unanswered, used: b.Used}
		restored.timer = timer{callBack: restored, kind: callBackEnds}
		m.callBacks = append(m.callBacks, restored)
		m.start(&restored.timer, b.Left)
	}
	return nil
}

func (r *restoring) call(s *savedCall) error {
	m := r.model
	c := &call{
		id: s.ID, calling: s.Calling, called: s.Called, lastRedirection: s.LastRedirection, associatedCalling: s.AssociatedCalling,
		restricted: s.Restricted, data: s.Data, globalID: s.GlobalID, dialled: s.Dialled, reason: s.Reason, made: s.Made,
		consult: s.Consult, failed: s.Failed, failedAt: s.FailedAt, forwarders: s.Forwarders, redirections: s.Redirections,
		sentOn: s.SentOn, adding: s.Adding,
	}
	if s.Route != nil {
		if *s.Route < 0 || *s.Route >= len(m.routeing.dialogues) {
			return fmt.Errorf("call %s has no route %d", s.ID, *s.Route)
		}
		c.route = m.routeing.dialogues[*s.Route]
	}
	m.calls[c.id] = c
	for _, sc := range s.Connections {
		n := &connection{
			id: ConnectionID{Call: c.id, Device: sc.Device}, call: c, state: sc.State, role: sc.Role, why: sc.Why, silent: sc.Silent,
			order: sc.Order, by: sc.By,
		}
		if sc.AtLine {
			if n.line = m.lines[sc.Device]; n.line == nil {
				return fmt.Errorf("line %s is configured no more", sc.Device)
			}
		}
		if _, twice := r.connections[n.order]; twice {
			return fmt.Errorf("connection %d is there twice", n.order)
		}
		n.until, n.autoAnswer = timer{connection: n}, timer{connection: n, kind: answersItself}
		if sc.Until != nil {
			m.start(&n.until, *sc.Until)
		}
		if sc.AutoAnswer != nil {
			m.start(&n.autoAnswer, *sc.AutoAnswer)
		}
		r.connections[n.order] = n
		c.connections = append(c.connections, n)
	}
	return nil
}

func (r *restoring) leg(s savedLeg) error {
	l := &leg{id: s.ID, state: s.State, media: s.Media, asked: s.Asked, settled: s.Settled, external: s.External}
	var err error
	if l.connections, err = r.all(s.Connections); err != nil {
		return err
	}
	for _, n := range l.connections {
		n.leg = l
	}
	r.model.legs[l.id] = l
	return nil
}

func (r *restoring) all(list []uint64) ([]*connection, error) {
	connections := make([]*connection, len(list))
	for i, order := range list {
		n, known := r.connections[order]
		if !known {
			return nil, fmt.Errorf("connection %d is not there", order)
		}
		connections[i] = n
	}
	return connections, nil
}
