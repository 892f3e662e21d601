// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"slices"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/monitor/eventxml"
)

// maxRecipients bounds one delivery; more recipients get another with the same
// body.
const maxRecipients = 8192

// dispatcher is the memory that dispatch uses again and again; it belongs to
// one goroutine.
type dispatcher struct {
	// generation tells which slots were filled for this step.
	generation uint64
	slots      []slot
	byTexts    map[string]int
	bodies     []body
	devices    []string
	key        []byte
	// dropped are deliveries given up by full queues.
	dropped []dropped
	// behind, where not nil, are the only sessions that get the event, again.
	behind map[*session]struct{}
}

// slot says which body is that of a group, if its generation is the current.
type slot struct {
	generation uint64
	body       int
}

// body is one encoded event with those who get it.
type body struct {
	head, tail []byte
	portions   []portion
}

type portion struct {
	edge    string
	request *edgev1.DeliverRequest
}

// dispatch hands an event to the edges of all monitors that report it: encoded
// once per way of writing it and reporting device, one delivery per edge.
func (s *Server) dispatch(target string, event *ctiv1.Event) {
	s.metrics.events.Inc()
	s.distribute(target, event)
	s.loseDropped()
	if at := event.GetTime(); at != nil {
		s.metrics.delay.Observe(time.Since(at.AsTime()).Seconds())
	}
}

// replay hands an event to the monitors of some sessions again.
func (s *Server) replay(target string, event *ctiv1.Event, behind map[*session]struct{}) {
	s.dispatcher.behind = behind
	s.redistribute(target, event)
	s.dispatcher.behind = nil
	s.loseDropped()
}

func (s *Server) loseDropped() {
	for i, one := range s.dispatcher.dropped {
		one.lose()
		s.dispatcher.dropped[i] = dropped{}
	}
	s.dispatcher.dropped = s.dispatcher.dropped[:0]
}

// observe follows an event that is reported later, or by another replica.
func (s *Server) observe(target string, event *ctiv1.Event) {
	s.index.Lock()
	defer s.index.Unlock()
	s.number(target, event.GetNumber())
	if event.GetCallId() != "" {
		s.track(target, event)
	}
}

func (s *Server) distribute(target string, event *ctiv1.Event) {
	s.index.Lock()
	defer s.index.Unlock()
	s.number(target, event.GetNumber())
	kind := eventxml.KindOf(event)
	if kind == eventxml.KindNone {
		return
	}
	call := event.GetCallId()
	if call != "" {
		s.track(target, event)
	}
	s.deliverAll(target, kind, event)
	if call != "" && kind == eventxml.KindCallCleared {
		s.callOver(target, call)
	}
}

func (s *Server) redistribute(target string, event *ctiv1.Event) {
	s.index.Lock()
	defer s.index.Unlock()
	if kind := eventxml.KindOf(event); kind != eventxml.KindNone {
		s.deliverAll(target, kind, event)
	}
}

// deliverAll queues an event for the monitors of its devices and of its call.
func (s *Server) deliverAll(target string, kind eventxml.Kind, event *ctiv1.Event) {
	s.dispatcher.devices = s.dispatcher.devices[:0]
	for _, reported := range event.GetReported() {
		s.deliver(s.index.lines[lineKey{target, reported.GetDeviceId()}], kind, event, reported)
	}
	if call := event.GetCallId(); call != "" {
		s.deliver(s.index.calls[callKey{target, call}], kind, event, nil)
	}
}

// deliver queues an event for the monitors of an object that report it: of a
// device in the event, or, where reported is nil, of the call.
func (s *Server) deliver(monitors []*monitor, kind eventxml.Kind, event *ctiv1.Event, reported *ctiv1.Reported) {
	if len(monitors) == 0 {
		return
	}
	d := &s.dispatcher
	if len(d.devices) == 0 {
		d.devices = eventxml.AppendDevices(d.devices, event)
	}
	d.begin(s.index.groups)
	for _, m := range monitors {
		if !d.reports(m.session) || event.GetNumber() < m.from && !d.anew(m) || m.excluded.Has(kind) ||
			reported != nil && m.record.GetCallType() && event.GetCallId() != "" {
			continue
		}
		b := d.bodyOf(m)
		if b.head == nil {
			s.encode(b, m, event, reported)
		}
		b.add(m, event, d.behind != nil)
		m.counters.sent.Add(1)
		if reported != nil {
			m.counters.lastState.Store(int32(reported.GetLocalConnectionInfo()))
		}
	}
	for i := range d.bodies {
		for _, portion := range d.bodies[i].portions {
			if full := s.senders.push(portion.edge, portion.request); full.request != nil {
				d.dropped = append(d.dropped, full)
			}
		}
	}
}

// reports tells whether a session gets the event.
func (d *dispatcher) reports(s *session) bool {
	if d.behind == nil {
		return s.mine && !s.behind
	}
	_, behind := d.behind[s]
	return behind
}

// anew tells of a new event, below the first that a monitor reports, that numbers
// have begun anew since the monitor was loaded.
func (d *dispatcher) anew(m *monitor) bool {
	if d.behind == nil && m.loaded {
		m.from = 0
	}
	return m.from == 0
}

// number notes the number of an event. One that is not above the last says
// that numbers began anew, so that every monitor reports from here on.
func (s *Server) number(target string, number uint64) {
	if last := s.index.seen[target]; number <= last {
		for _, session := range s.index.sessions {
			for _, m := range session.monitors {
				if m.record.GetTarget() == target {
					m.from = 0
				}
			}
		}
	}
	s.index.seen[target] = number
}

// begin forgets the bodies of the step before.
func (d *dispatcher) begin(groups int) {
	d.generation++
	for i := range d.bodies {
		d.bodies[i] = body{portions: clearPortions(d.bodies[i].portions)}
	}
	d.bodies = d.bodies[:0]
	if len(d.slots) < groups {
		d.slots = append(d.slots, make([]slot, groups-len(d.slots))...)
	}
	if d.byTexts == nil {
		d.byTexts = make(map[string]int)
	}
	clear(d.byTexts)
}

func clearPortions(portions []portion) []portion {
	clear(portions)
	return portions[:0]
}

// bodyOf is the body for a monitor, empty where the monitor is the first to
// need it.
func (d *dispatcher) bodyOf(m *monitor) *body {
	if !d.needsTexts(m) {
		s := &d.slots[m.group]
		if s.generation != d.generation {
			s.generation, s.body = d.generation, d.newBody()
		}
		return &d.bodies[s.body]
	}
	d.key = append(d.key[:0], byte(m.group), byte(m.group>>8), byte(m.group>>16), byte(m.group>>24))
	for _, number := range d.devices {
		d.key = append(m.names().Append(d.key, number), 0)
	}
	at, known := d.byTexts[string(d.key)]
	if !known {
		at = d.newBody()
		d.byTexts[string(d.key)] = at
	}
	return &d.bodies[at]
}

// needsTexts reports whether the monitor has an exact text, other than what
// its form writes, of a device of the event.
func (d *dispatcher) needsTexts(m *monitor) bool {
	if len(m.texts) == 0 {
		return false
	}
	for _, number := range d.devices {
		if _, ok := m.texts[number]; ok {
			return true
		}
	}
	return false
}

func (d *dispatcher) newBody() int {
	if len(d.bodies) < cap(d.bodies) {
		d.bodies = d.bodies[:len(d.bodies)+1]
	} else {
		d.bodies = append(d.bodies, body{})
	}
	return len(d.bodies) - 1
}

// eventSize is what most events fit in.
const eventSize = 1024

func (s *Server) encode(b *body, m *monitor, event *ctiv1.Event, reported *ctiv1.Reported) {
	writer := eventxml.Writer{
		Names: deviceid.Names{Form: m.form.names, Texts: m.texts}, Target: m.record.GetTarget(),
		Basic: m.form.basic, Permitted: m.form.permitted,
	}
	buffer, crossRefAt := csta.AppendEvent(make([]byte, 0, eventSize), writer.Message(event, reported), m.form.edition)
	b.head, b.tail = buffer[:crossRefAt:crossRefAt], buffer[crossRefAt:]
	s.metrics.encoded.Inc()
}

// add puts a monitor among those that get the body.
func (b *body) add(m *monitor, event *ctiv1.Event, replayed bool) {
	edge := m.session.edge
	for _, v := range slices.Backward(b.portions) {
		request := v.request
		if v.edge == edge && len(request.Recipients) < maxRecipients {
			request.Recipients = append(request.Recipients, m.recipient)
			return
		}
	}
	request := &edgev1.DeliverRequest{
		Head: b.head, Tail: b.tail, Number: event.GetNumber(), Replayed: replayed,
		Recipients: append(make([]*edgev1.Recipient, 0, 8), m.recipient),
	}
	if at := event.GetTime(); at != nil {
		request.OccurredUnixNano = at.AsTime().UnixNano()
	}
	b.portions = append(b.portions, portion{edge: edge, request: request})
}
