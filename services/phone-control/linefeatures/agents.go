// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"slices"

	"offhook.dev/csta"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/phone-control/callmodel"
)

const (
	// maxAgents bounds the agents of one line, an agent in two groups counted
	// twice.
	maxAgents = 16
	// maxAgentText bounds agent and group identifiers, in bytes.
	maxAgentText = 64
)

// Agent is an agent that is logged on at a line, in one group or in none.
type Agent struct {
	ID, Group string
	// State is the ECMA-323 AgentState.
	State string
}

// AgentChange is one agent event.
type AgentChange struct {
	Agent
	Event ctiv1.AgentEvent
}

// Agents lists the agents that are logged on at a line, by identifier and group.
func (s *Settings) Agents(device callmodel.DeviceID) []Agent {
	l := s.lines[device]
	if l == nil {
		return nil
	}
	return slices.Clone(l.agents)
}

// SetAgentState logs an agent on or off at a line, or changes its state. Without
// a group all of the agent's groups are meant; without an identifier the line's
// only agent is, and an agent without one may log on. What is so already changes
// nothing. An agent that logs on is not ready.
func (s *Settings) SetAgentState(device callmodel.DeviceID, id, group, requested string) ([]AgentChange, *callmodel.Error) {
	l, refusal := s.station(device)
	switch {
	case refusal != nil:
		return nil, refusal
	case len(id) > maxAgentText:
		return nil, errAgentText
	case len(group) > maxAgentText:
		return nil, errGroupText
	}
	switch csta.ReqAgentState(requested) {
	case csta.ReqAgentStateLoggedOn:
		return s.logOn(device, l, Agent{ID: id, Group: group, State: string(csta.AgentStateAgentNotReady)})
	case csta.ReqAgentStateLoggedOff:
		return l.logOff(id, group)
	case csta.ReqAgentStateNotReady:
		return l.becomes(id, group, csta.AgentStateAgentNotReady, ctiv1.AgentEvent_AGENT_EVENT_NOT_READY)
	case csta.ReqAgentStateReady:
		return l.becomes(id, group, csta.AgentStateAgentReady, ctiv1.AgentEvent_AGENT_EVENT_READY)
	case csta.ReqAgentStateWorkingAfterCall:
		return l.becomes(id, group, csta.AgentStateAgentWorkingAfterCall, ctiv1.AgentEvent_AGENT_EVENT_WORKING_AFTER_CALL)
	}
	return nil, errStateWord
}

func (s *Settings) logOn(device callmodel.DeviceID, l *line, agent Agent) ([]AgentChange, *callmodel.Error) {
	if agent.ID != "" {
		for number, other := range s.lines {
			if number != device && slices.ContainsFunc(other.agents, func(a Agent) bool { return a.ID == agent.ID }) {
				return nil, errAgentElsewhere
			}
		}
	}
	place, found := slices.BinarySearchFunc(l.agents, agent, orderOfAgents)
	switch {
	case found:
		return nil, nil
	case len(l.agents) >= maxAgents:
		return nil, errAgents
	}
	l.agents = slices.Insert(slices.Clone(l.agents), place, agent)
	return []AgentChange{
		{agent, ctiv1.AgentEvent_AGENT_EVENT_LOGGED_ON}, {agent, ctiv1.AgentEvent_AGENT_EVENT_NOT_READY},
	}, nil
}

func orderOfAgents(a, b Agent) int {
	return slices.Compare([]string{a.ID, a.Group}, []string{b.ID, b.Group})
}

func (l *line) logOff(id, group string) ([]AgentChange, *callmodel.Error) {
	meant, refusal := l.meant(id, group)
	if refusal != nil {
		return nil, refusal
	}
	var changes []AgentChange
	var rest []Agent
	for _, agent := range l.agents {
		if !meant(agent) {
			rest = append(rest, agent)
			continue
		}
		agent.State = string(csta.AgentStateAgentNull)
		changes = append(changes, AgentChange{agent, ctiv1.AgentEvent_AGENT_EVENT_LOGGED_OFF})
	}
	l.agents = rest
	return changes, nil
}

func (l *line) becomes(id, group string, state csta.AgentState, event ctiv1.AgentEvent) ([]AgentChange, *callmodel.Error) {
	meant, refusal := l.meant(id, group)
	if refusal != nil {
		return nil, refusal
	}
	var changes []AgentChange
	now := slices.Clone(l.agents)
	for i := range now {
		if agent := &now[i]; meant(*agent) && agent.State != string(state) {
			agent.State = string(state)
			changes = append(changes, AgentChange{*agent, event})
		}
	}
	l.agents = now
	return changes, nil
}

// meant tells which of the line's agents a request means.
func (l *line) meant(id, group string) (func(Agent) bool, *callmodel.Error) {
	if len(l.agents) == 0 {
		return nil, errNoAgent
	}
	if id == "" {
		id = l.agents[0].ID
		if l.agents[len(l.agents)-1].ID != id {
			return nil, errWhichAgent
		}
	}
	known := false
	for _, agent := range l.agents {
		known = known || agent.ID == id
		if agent.ID == id && (group == "" || agent.Group == group) {
			return func(a Agent) bool { return a.ID == id && (group == "" || a.Group == group) }, nil
		}
	}
	if known {
		return nil, errGroup
	}
	return nil, errNoAgent
}
