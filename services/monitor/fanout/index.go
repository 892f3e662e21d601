// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"slices"
	"strings"
	"sync"

	"offhook.dev/csta"
)

// index is all monitors in memory. Its methods but Lock and Unlock want the lock
// held.
type index struct {
	sync.Mutex
	sessions map[string]*session
	// lines hold the monitors of each line in the order in which they came, so
	// that dispatch walks a slice.
	lines map[lineKey][]*monitor
	// calls hold the monitors that follow each call: those on the call, and those
	// of type call on a line that was in it.
	calls map[callKey][]*monitor
	// places of sessions; they win over monitor records.
	places map[string]place
	// forms numbers the forms in use with how many monitors use them; numbers
	// of forms that are not used any more are given again.
	forms      map[form]*formUse
	freeGroups []int
	groups     int
	monitors   int
	// seen is the number of the last event read of each target.
	seen map[string]uint64
	// live: events are reported. Sessions that were there before are behind.
	live bool
	// removed holds keys that this replica deletes until the watch tells so.
	removed map[string]struct{}
}

// place is where the dialog of a session is.
type place struct {
	edge string
	// recorded: the session is in its bucket.
	recorded bool
}

type formUse struct{ group, monitors int }

func newIndex() *index {
	return &index{
		sessions: make(map[string]*session),
		lines:    make(map[lineKey][]*monitor),
		calls:    make(map[callKey][]*monitor),
		places:   make(map[string]place),
		forms:    make(map[form]*formUse),
		seen:     make(map[string]uint64),
		removed:  make(map[string]struct{}),
	}
}

func (x *index) get(sessionID, crossRef string) *monitor {
	if s := x.sessions[sessionID]; s != nil {
		return s.monitors[crossRef]
	}
	return nil
}

// put adds a monitor or replaces one, whose place and counters it takes.
func (x *index) put(m *monitor, mine func(string) bool) {
	id, crossRef := m.record.GetSessionId(), m.record.GetMonitorCrossRefId()
	s := x.sessions[id]
	if s == nil {
		s = &session{id: id, monitors: make(map[string]*monitor), mine: mine(id)}
		s.behind = s.mine && !x.live
		x.sessions[id] = s
	}
	if s.edge = x.places[id].edge; s.edge == "" {
		s.edge = m.record.GetEdge()
	}
	s.edition = csta.Edition(m.record.GetEdition())
	m.session = s
	m.group = x.useForm(m.form)
	old := s.monitors[crossRef]
	s.monitors[crossRef] = m
	if old == nil {
		x.addToObject(m)
		x.monitors++
		return
	}
	m.counters = old.counters
	x.releaseForm(old.form)
	x.replaceInCalls(old, m)
	if old.line() == m.line() && m.record.GetDeviceId() != "" {
		list := x.lines[m.line()]
		list[slices.Index(list, old)] = m
		return
	}
	x.removeFromLine(old)
	x.addToObject(m)
}

// addToObject puts a monitor to the line or the call that it is on.
func (x *index) addToObject(m *monitor) {
	if m.record.GetDeviceId() != "" {
		x.lines[m.line()] = append(x.lines[m.line()], m)
	}
	if id := m.record.GetCallId(); id != "" {
		x.follow(m, id)
	}
}

func (x *index) remove(sessionID, crossRef string) {
	s := x.sessions[sessionID]
	if s == nil || s.monitors[crossRef] == nil {
		return
	}
	m := s.monitors[crossRef]
	delete(s.monitors, crossRef)
	if len(s.monitors) == 0 {
		delete(x.sessions, sessionID)
		if !x.places[sessionID].recorded {
			delete(x.places, sessionID)
		}
	}
	x.removeFromLine(m)
	x.removeFromCalls(m)
	x.releaseForm(m.form)
	x.monitors--
}

func (x *index) removeFromLine(m *monitor) {
	list := x.lines[m.line()]
	if at := slices.Index(list, m); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(x.lines, m.line())
		return
	}
	x.lines[m.line()] = list
}

func (x *index) useForm(f form) int {
	use := x.forms[f]
	if use == nil {
		use = &formUse{}
		if last := len(x.freeGroups) - 1; last >= 0 {
			use.group = x.freeGroups[last]
			x.freeGroups = x.freeGroups[:last]
		} else {
			use.group = x.groups
			x.groups++
		}
		x.forms[f] = use
	}
	use.monitors++
	return use.group
}

func (x *index) releaseForm(f form) {
	use := x.forms[f]
	if use.monitors--; use.monitors == 0 {
		delete(x.forms, f)
		x.freeGroups = append(x.freeGroups, use.group)
	}
}

// setEdge notes the edge of a session, as its record says or not, and reports
// whether the session is behind by that.
func (x *index) setEdge(sessionID, edge string, recorded bool) bool {
	x.places[sessionID] = place{edge: edge, recorded: recorded || x.places[sessionID].recorded}
	s := x.sessions[sessionID]
	if s == nil {
		return false
	}
	moved := s.edge != edge || s.missed
	s.edge, s.missed = edge, false
	s.behind = s.behind || moved && s.mine
	return s.behind
}

// markUnsure notes that nobody may have served the sessions that there are. It locks
// the index.
func (x *index) markUnsure() {
	x.Lock()
	defer x.Unlock()
	for _, s := range x.sessions {
		s.unsure = true
	}
}

// takeUnsure gives those of markUnsure that are served here by now, once. It locks
// the index.
func (x *index) takeUnsure() (ids []string) {
	x.Lock()
	defer x.Unlock()
	for id, s := range x.sessions {
		if s.unsure && s.mine {
			s.unsure = false
			ids = append(ids, id)
		}
	}
	return ids
}

// takeBehind gives the sessions served here that are behind. It locks the index.
func (x *index) takeBehind() map[*session]struct{} {
	x.Lock()
	defer x.Unlock()
	x.live = true
	behind := make(map[*session]struct{})
	for _, s := range x.sessions {
		if s.mine && s.behind {
			behind[s] = struct{}{}
		}
	}
	return behind
}

// caughtUp lets sessions have new events. It locks the index.
func (x *index) caughtUp(behind map[*session]struct{}) {
	x.Lock()
	defer x.Unlock()
	for s := range behind {
		s.behind = false
	}
}

// removeKey removes the monitor that lies under a key of the bucket.
func (x *index) removeKey(key string) {
	if sessionID, crossRef, ok := strings.Cut(key, "."); ok {
		x.remove(sessionID, crossRef)
	}
}
