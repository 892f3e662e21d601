// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"slices"
	"strconv"
)

const (
	// maxRegistrations of a target, maxRoutes that one RouteSelect may name, and
	// maxRetries that an application may ask for.
	maxRegistrations = 1000
	maxRoutes        = 16
	maxRetries       = 5
)

// registrations are the applications that route calls, and what they are asked.
type registrations struct {
	list      []*registration
	dialogues []*dialogue
	counter   uint64
	// version counts the changes of list.
	version uint64
}

// Registration is a session that routes the calls of routeing lines.
type Registration struct {
	ID, Session string
	Devices     []DeviceID
}

// RegistrationsRestored brings back the registrations that the target had with
// its owner before. Those whose lines route no more are aborted.
type RegistrationsRestored struct{ Registrations []Registration }

// RegistrationsVersion grows whenever Registrations changes.
func (m *Model) RegistrationsVersion() uint64 { return m.routeing.version }

// Registrations lists who routes calls.
func (m *Model) Registrations() []Registration {
	list := make([]Registration, len(m.routeing.list))
	for i, r := range m.routeing.list {
		list[i] = Registration{ID: r.id, Session: r.session, Devices: slices.Clone(r.devices)}
	}
	return list
}

type registration struct {
	id, session string
	devices     []DeviceID
}

// dialogue is what an application is asked about one call.
type dialogue struct {
	crossRef, session, id string
	call                  *call
	device                DeviceID
	// asked: the call waits at the device for an answer.
	asked bool
	// routes are those still to be tried, retries how often the application may
	// be asked again.
	routes  []string
	retries int
	// used: the application wants to know the route used.
	used bool
}

func (r *registrations) next() string {
	r.counter++
	return strconv.FormatUint(r.counter, 10)
}

func (r *registrations) of(device DeviceID) *registration {
	for _, registered := range r.list {
		if slices.Contains(registered.devices, device) {
			return registered
		}
	}
	return nil
}

func (m *Model) routeRegister(in RouteRegister) {
	devices := in.Allowed
	if in.Device != "" {
		devices = []DeviceID{in.Device}
	}
	registered := &registration{session: in.Session}
	err := errNotRouteing
	if in.Device != "" && m.lines[in.Device] == nil {
		err = errNoLine
	}
	for _, device := range devices {
		l, known := m.lines[device]
		switch {
		case !known || !l.Routeing:
		case m.routeing.of(device) != nil:
			err = errRegistrations
		default:
			registered.devices = append(registered.devices, device)
		}
	}
	switch {
	case len(registered.devices) == 0:
	case len(m.routeing.list) >= maxRegistrations:
		err = errManyRegistered
	default:
		err = nil
		registered.id = m.options.Prefix + "r" + m.routeing.next()
		m.routeing.list = append(m.routeing.list, registered)
		m.routeing.version++
	}
	m.do(Reply{Request: in.Request, ID: registered.id, Error: err})
}

// restoreRegistrations takes the first of several for a line.
func (m *Model) restoreRegistrations(in RegistrationsRestored) {
	for _, restored := range in.Registrations {
		r := &registration{id: restored.ID, session: restored.Session}
		for _, device := range restored.Devices {
			if m.routeing.of(device) == nil {
				r.devices = append(r.devices, device)
			}
		}
		if len(r.devices) > 0 && len(m.routeing.list) < maxRegistrations {
			m.routeing.list = append(m.routeing.list, r)
		}
	}
	m.routeing.version++
	m.registrationsGone()
}

func (m *Model) routeRegisterCancel(in RouteRegisterCancel) {
	found := m.deregister(func(r *registration) bool {
		return r.session == in.Session && (in.ID == "" || r.id == in.ID)
	})
	if !found && in.ID != "" {
		m.do(Reply{Request: in.Request, Error: errRegistration})
		return
	}
	m.do(Reply{Request: in.Request, ID: in.ID})
}

func (m *Model) deregister(match func(*registration) bool) bool {
	before := len(m.routeing.list)
	m.routeing.list = slices.DeleteFunc(m.routeing.list, match)
	if len(m.routeing.list) == before {
		return false
	}
	m.routeing.version++
	return true
}

// sessionGone ends what an application was to route; its calls go their default
// way.
func (m *Model) sessionGone(in SessionGone) {
	m.deregister(func(r *registration) bool { return r.session == in.Session })
	for _, d := range slices.Clone(m.routeing.dialogues) {
		if d.session != in.Session {
			continue
		}
		m.forgetRoute(d)
		if n := d.call.of(d.device); d.asked && n != nil {
			m.defaultRoute(n, CauseDestNotObtainable)
		}
	}
}

// registrationsGone ends the registrations for lines that route no more.
func (m *Model) registrationsGone() {
	for _, r := range slices.Clone(m.routeing.list) {
		routeing := len(r.devices)
		r.devices = slices.DeleteFunc(r.devices, func(device DeviceID) bool {
			l, known := m.lines[device]
			return !known || !l.Routeing
		})
		if len(r.devices) < routeing {
			m.routeing.version++
		}
		if len(r.devices) == 0 {
			m.do(TellRouteing{Session: r.session, RegistrationID: r.id, Kind: RouteRegisterAborted})
			m.deregister(func(other *registration) bool { return other == r })
		}
	}
}

// queueForRoute lets a call wait at a routeing line for its route.
func (m *Model) queueForRoute(c *call, l *line) {
	if len(l.connections) >= l.MaxCalls {
		m.unreachable(c, l.Number, CauseBusy)
		return
	}
	m.routeOver(c) // of the routeing device that sent it here
	n := m.queue(c, l)
	r := m.routeing.of(l.Number)
	if r == nil {
		m.defaultRoute(n, CauseDestNotObtainable)
		return
	}
	c.route = &dialogue{
		crossRef: m.options.Prefix + "x" + m.routeing.next(), session: r.session, id: r.id, call: c, device: l.Number, retries: 1,
	}
	m.routeing.dialogues = append(m.routeing.dialogues, c.route)
	m.ask(n, RouteRequested)
}

func (m *Model) queue(c *call, l *line) *connection {
	n := m.connect(c, l.Number, l, Queued, routeing)
	m.report(QueuedAt, &Event{Connection: n.id, Device: l.Number, Queued: len(l.connections)}, c, CauseNewCall)
	return n
}

func (m *Model) ask(n *connection, kind RouteingKind) {
	d := n.call.route
	d.asked = true
	m.startTimer(n, m.config.RouteTimeout)
	m.do(m.tell(d, TellRouteing{Kind: kind, Route: d.device, Connection: n.id, ReplyTimeout: m.config.RouteTimeout}))
}

func (m *Model) tell(d *dialogue, told TellRouteing) TellRouteing {
	c := d.call
	told.Session, told.CrossRef, told.RegistrationID = d.session, d.crossRef, d.id
	told.Calling, told.Routeing, told.Data, told.GlobalCallID = c.calling, d.device, c.data, c.globalID
	return told
}

// dialogueOf finds the dialogue that an application answers in.
func (m *Model) dialogueOf(session, crossRef string) (*dialogue, *connection) {
	for _, d := range m.routeing.dialogues {
		if d.session == session && d.crossRef == crossRef && d.asked {
			return d, d.call.of(d.device)
		}
	}
	return nil, nil
}

func (m *Model) routeSelect(in RouteSelect) {
	d, n := m.dialogueOf(in.Session, in.CrossRef)
	if n == nil {
		m.do(Reply{Request: in.Request, Error: errRouteing})
		return
	}
	if in.Route == "" || len(in.Alternates) >= maxRoutes {
		m.do(Reply{Request: in.Request, Error: errDestination})
		return
	}
	m.do(Reply{Request: in.Request, Connection: n.id})
	n.call.set(in.Data)
	d.asked, d.used = false, in.UsedRequested
	d.routes = append([]string(nil), in.Alternates...)
	switch {
	case in.RemainRetries >= 0:
		d.retries = min(in.RemainRetries, maxRetries)
	case d.retries > 0:
		d.retries--
	}
	m.redirect(n, in.Route, CauseRedirected)
}

// nextRoute tries another route for a call whose last one failed before it
// rang, or asks for one; it reports false where none is left.
func (m *Model) nextRoute(c *call) bool {
	d := c.route
	if d == nil || d.asked {
		return false
	}
	l := m.lines[d.device]
	switch {
	case len(d.routes) > 0:
		route := d.routes[0]
		d.routes = d.routes[1:]
		m.place(c, route, called, CauseRedirected)
	case d.retries > 0 && l != nil && len(l.connections) < l.MaxCalls:
		d.retries--
		m.ask(m.queue(c, l), ReRouteRequested)
	default:
		m.endRoute(d, errDestination)
		if l == nil || l.DefaultRoute == "" || c.redirections >= m.config.MaxRedirections {
			return false
		}
		c.redirections++
		m.place(c, l.DefaultRoute, called, CauseRedirected)
	}
	return true
}

// routed: the route rings.
func (m *Model) routed(n *connection) {
	d := n.call.route
	if d == nil {
		return
	}
	if d.used {
		m.do(m.tell(d, TellRouteing{Kind: RouteWasUsed, Route: n.device(), Connection: n.id}))
	}
	m.endRoute(d, nil)
}

// endRoute ends a dialogue and tells the application.
func (m *Model) endRoute(d *dialogue, err *Error) {
	m.forgetRoute(d)
	told := TellRouteing{Kind: RouteEnded}
	if err != nil {
		told.ErrorCategory, told.ErrorValue = err.Category, err.Value
	}
	m.do(m.tell(d, told))
}

func (m *Model) forgetRoute(d *dialogue) {
	d.call.route = nil
	m.routeing.dialogues = without(m.routeing.dialogues, d)
}

// routeOver ends the dialogue about a call that needs no route any more.
func (m *Model) routeOver(c *call) {
	if c.route != nil {
		m.endRoute(c.route, nil)
	}
}

func (m *Model) routeTimedOut(n *connection) {
	if d := n.call.route; d != nil {
		m.endRoute(d, errRouteTime)
	}
	m.defaultRoute(n, CauseDestNotObtainable)
}

func (m *Model) routeEnd(in RouteEnd) {
	m.giveUpRoute(in.Request, in.Session, in.CrossRef, CauseDestNotObtainable)
}

func (m *Model) routeReject(in RouteReject) {
	cause := Cause(in.Cause)
	if cause == "" {
		cause = CauseDestNotObtainable
	}
	m.giveUpRoute(in.Request, in.Session, in.CrossRef, cause)
}

func (m *Model) giveUpRoute(request RequestID, session, crossRef string, cause Cause) {
	d, n := m.dialogueOf(session, crossRef)
	if n == nil {
		m.do(Reply{Request: request, Error: errRouteing})
		return
	}
	m.do(Reply{Request: request, Connection: n.id})
	m.forgetRoute(d)
	m.defaultRoute(n, cause)
}

// defaultRoute sends a call where its routeing line sends those that nobody
// routes.
func (m *Model) defaultRoute(n *connection, cause Cause) {
	if n.line.DefaultRoute == "" || n.call.redirections >= m.config.MaxRedirections {
		m.calledFailed(n, cause, false)
		return
	}
	m.redirect(n, n.line.DefaultRoute, CauseRedirected)
}
