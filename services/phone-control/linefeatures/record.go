// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"slices"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// isSet tells whether anything of a line is not as configured.
func (l *line) isSet() bool {
	return len(l.forwardings) > 0 || l.doNotDisturb != nil || l.suppressed != nil || l.autoAnswer != nil ||
		l.messages != (MessageWaiting{}) || len(l.agents) > 0
}

// Record is what is set of a line besides its configuration; nil: nothing.
func (s *Settings) Record(device callmodel.DeviceID) *statev1.LineFeatures {
	l := s.lines[device]
	if l == nil || !l.isSet() {
		return nil
	}
	record := &statev1.LineFeatures{
		Target: s.target, Line: string(device),
		MessageWaiting: l.messages.On, NewMessages: l.messages.New, OldMessages: l.messages.Old,
	}
	for _, t := range forwardingTypes {
		if f, set := l.forwardings[string(t.name)]; set {
			record.Forwardings = append(record.Forwardings, &statev1.LineFeatures_Forwarding{
				Type: f.Type, Active: f.Active, ForwardDn: f.To, RingCount: uint32(f.Rings),
			})
		}
	}
	if l.doNotDisturb != nil {
		record.DoNotDisturb = new(*l.doNotDisturb)
	}
	if l.suppressed != nil {
		record.CallerIdProvided = new(!*l.suppressed)
	}
	if l.autoAnswer != nil {
		record.AutoAnswer, record.AutoAnswerRings = new(l.autoAnswer.On), uint32(l.autoAnswer.Rings)
	}
	for _, agent := range l.agents {
		record.Agents = append(record.Agents, &statev1.LineFeatures_Agent{AgentId: agent.ID, AcdGroup: agent.Group, State: agent.State})
	}
	return record
}

// Restore takes what was set of a line from its record; false: there is no such
// line any more. What is out of bounds is left out.
func (s *Settings) Restore(record *statev1.LineFeatures) bool {
	l := s.lines[callmodel.DeviceID(record.GetLine())]
	if l == nil {
		return false
	}
	l.forwardings = make(map[string]Forwarding, len(record.GetForwardings()))
	for _, f := range record.GetForwardings() {
		if t, known := typeNamed(f.GetType()); known && f.GetRingCount() <= MaxRings && len(f.GetForwardDn()) <= maxNumber {
			l.forwardings[f.GetType()] = t.restored(f)
		}
	}
	l.doNotDisturb, l.suppressed, l.autoAnswer = nil, nil, nil
	if record.DoNotDisturb != nil {
		l.doNotDisturb = new(record.GetDoNotDisturb())
	}
	if record.CallerIdProvided != nil {
		l.suppressed = new(!record.GetCallerIdProvided())
	}
	if record.AutoAnswer != nil && record.GetAutoAnswerRings() <= MaxRings {
		l.autoAnswer = &AutoAnswer{On: record.GetAutoAnswer(), Rings: int(record.GetAutoAnswerRings())}
	}
	l.messages = MessageWaiting{On: record.GetMessageWaiting(), New: record.GetNewMessages(), Old: record.GetOldMessages()}
	l.agents = nil
	for _, agent := range record.GetAgents()[:min(maxAgents, len(record.GetAgents()))] {
		l.agents = append(l.agents, Agent{ID: agent.GetAgentId(), Group: agent.GetAcdGroup(), State: agent.GetState()})
	}
	slices.SortFunc(l.agents, orderOfAgents)
	return true
}

// restored is a setting from its record. One that is off may lack all else.
func (t forwardingType) restored(f *statev1.LineFeatures_Forwarding) Forwarding {
	setting := Forwarding{Active: f.GetActive() && f.GetForwardDn() != "", To: f.GetForwardDn(), Rings: int(f.GetRingCount())}
	if setting.To == "" {
		return Forwarding{Type: string(t.name)}
	}
	return t.complete(setting)
}
