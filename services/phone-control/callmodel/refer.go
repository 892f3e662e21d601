// SPDX-License-Identifier: Apache-2.0

package callmodel

// legRefers: the user transfers at the phone (REFER), to a number or to the
// other party of another leg.
func (m *Model) legRefers(in LegRefers) {
	l, known := m.legs[in.Leg]
	var cause Cause
	switch {
	case !known:
		m.ignored++
		cause = CauseCallCancelled
	case in.Replaces == 0:
		cause = m.referBlind(l, in)
	default:
		cause = m.referAttended(l, in)
	}
	if cause != "" {
		m.do(Referred{Refer: in.Refer, Cause: cause})
	}
}

// referBlind transfers the far party of a leg to a number; it gives the cause
// if that can't be.
func (m *Model) referBlind(l *leg, in LegRefers) Cause {
	n := l.active()
	if !n.up() || n.ready() != nil || !n.call.established() {
		return CauseBlocked
	}
	switch m.leadsOn(in.To, n.call) {
	case nil:
	case errBarred:
		return CauseBlocked
	case errNotDifferent:
		return CauseBusy
	default:
		return CauseDestNotObtainable
	}
	m.sendOn(n, in.To, func(*call, *Event) { m.do(Referred{Refer: in.Refer}) })
	return ""
}

// referAttended joins the far parties of two legs.
func (m *Model) referAttended(l *leg, in LegRefers) Cause {
	other, known := m.legs[in.Replaces]
	if !known || other == l {
		return CauseDestNotObtainable
	}
	first, second := l.active(), other.active()
	if first == nil || second == nil || first.call == second.call {
		return CauseDestNotObtainable
	}
	if !first.call.established() {
		first, second = second, first
	}
	switch {
	case !first.up(), !second.up(), first.ready() != nil, second.ready() != nil:
		return CauseBlocked
	case m.transferable(first, second) != nil:
		return CauseBlocked
	}
	to := second.far()
	m.do(Referred{Refer: in.Refer})
	event := m.merge(first, second, false)
	event.Other = to.device()
	m.report(Transferred, event, to.call, CauseTransfer)
	return ""
}
