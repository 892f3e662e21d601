// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"slices"

	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/targetconfig"
)

// maxSystemRegistrations bounds those of one session.
const maxSystemRegistrations = 8

// systemServices are about the state of the whole system. ECMA-354's messages
// stand here too: they are answered, and told nowhere.
func systemServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.SystemStatServList }
	return map[string]service{
		"RequestSystemStatus":  {serve: requestSystemStatus, list: list, capability: "requestSystemStatus"},
		"SystemStatus":         {serve: systemStatus, list: list, capability: "systemStatus"},
		"SystemRegister":       {serve: typed(systemRegister), list: list, capability: "systemRegister"},
		"SystemRegisterCancel": {serve: typed(systemRegisterCancel), list: list, capability: "systemRegisterCancel"},

		"Escape": {serve: escape},

		"StartApplicationSession":      {serve: startApplicationSession},
		"ResetApplicationSessionTimer": {serve: resetApplicationSessionTimer},
		"StopApplicationSession":       {serve: stopApplicationSession},
	}
}

func requestSystemStatus(_ context.Context, s *Server, c *call, _ csta.Message) (csta.Message, error) {
	return &csta.RequestSystemStatusResponse{SystemStatus: s.statusOf(c.target)}, nil
}

// statusOf is the state of a target as this replica sees it: one that drains
// takes no new calls.
func (s *Server) statusOf(target *targetconfig.Target) csta.SystemStatusValue {
	switch {
	case s.load.overloaded():
		return csta.SystemStatusOverloadReached
	case target.Config.GetDrain():
		return csta.SystemStatusPartiallyDisabled
	}
	return csta.SystemStatusNormal
}

// systemStatus takes note of nothing: applications report their own status.
func systemStatus(context.Context, *Server, *call, csta.Message) (csta.Message, error) {
	return &csta.SystemStatusResponse{}, nil
}

// escape is refused: there is no vendor's vocabulary that would be understood.
func escape(context.Context, *Server, *call, csta.Message) (csta.Message, error) {
	return nil, ctierr.Operation(string(csta.OperationPrivateDataNotSupported), "escape")
}

// systemRegister lets the application be told of the system's status, except
// for the values that its filter keeps back. An application that wants to be
// asked for its own status is asked at once.
func systemRegister(ctx context.Context, s *Server, c *call, request *csta.SystemRegister) (csta.Message, error) {
	registration := &statev1.SessionRecord_SystemRegistration{
		SysStatRegisterId:   s.options.NewID(),
		SystemStatus:        request.RequestTypes.Has("systemStatus"),
		RequestSystemStatus: request.RequestTypes.Has("requestSystemStatus"),
	}
	if !registration.GetSystemStatus() && !registration.GetRequestSystemStatus() {
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "requestTypes names no type that there is")
	}
	for _, flag := range request.RequestedStatusFilter {
		if flag.Value {
			registration.FilteredOut = append(registration.FilteredOut, string(filteredStatus(flag.Name)))
		}
	}
	full := false
	record, err := s.store.Update(ctx, c.session.GetSessionId(), func(record *statev1.SessionRecord) bool {
		full = len(record.GetSystemRegistrations()) >= maxSystemRegistrations
		if !full {
			record.SystemRegistrations = append(record.SystemRegistrations, registration)
		}
		return !full
	})
	switch {
	case err != nil:
		return nil, ctierr.SystemResource(string(csta.SystemResourceGeneric), "keep registration: %v", err)
	case full:
		return nil, ctierr.SubscribedResource(string(csta.SubscribedResourceObjectRegistrationLimitExceeded), "%d registrations", maxSystemRegistrations)
	}
	c.session = record
	if registration.GetRequestSystemStatus() {
		if err := s.deliver(ctx, record, &csta.RequestSystemStatus{SysStatRegisterID: registration.GetSysStatRegisterId()}); err != nil {
			s.log.Warn("ask for system status", "session_id", record.GetSessionId(), "error", err)
		}
	}
	return &csta.SystemRegisterResponse{
		SysStatRegisterID: registration.GetSysStatRegisterId(), ActualStatusFilter: request.RequestedStatusFilter,
	}, nil
}

// filteredStatus is the status of a filter's child. The standard spells one of
// them otherwise there.
func filteredStatus(child string) csta.SystemStatusValue {
	if child == "messageLost" {
		return csta.SystemStatusMessagesLost
	}
	return csta.SystemStatusValue(child)
}

func systemRegisterCancel(ctx context.Context, s *Server, c *call, request *csta.SystemRegisterCancel) (csta.Message, error) {
	found := false
	record, err := s.store.Update(ctx, c.session.GetSessionId(), func(record *statev1.SessionRecord) bool {
		found = false
		kept := record.SystemRegistrations[:0:0]
		for _, registration := range record.GetSystemRegistrations() {
			if registration.GetSysStatRegisterId() == request.SysStatRegisterID {
				found = true
				continue
			}
			kept = append(kept, registration)
		}
		record.SystemRegistrations = kept
		return found
	})
	switch {
	case err != nil:
		return nil, ctierr.SystemResource(string(csta.SystemResourceGeneric), "drop registration: %v", err)
	case !found:
		return nil, ctierr.Operation(string(csta.OperationInvalidCrossRefID), "no registration %s", request.SysStatRegisterID)
	}
	c.session = record
	return &csta.SystemRegisterCancelResponse{}, nil
}

// tellStatus tells the applications that registered for it, in one target or,
// where that is empty, in all.
func (s *Server) tellStatus(ctx context.Context, target string, status csta.SystemStatusValue) {
	for _, record := range s.store.All() {
		if target != "" && target != record.GetTarget() {
			continue
		}
		for _, registration := range record.GetSystemRegistrations() {
			if !wantsStatus(registration, status) {
				continue
			}
			message := &csta.SystemStatus{SysStatRegisterID: registration.GetSysStatRegisterId(), SystemStatus: status}
			bounded, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
			if err := s.deliver(bounded, record, message); err != nil {
				s.log.Warn("tell system status", "session_id", record.GetSessionId(), "error", err)
			}
			cancel()
		}
	}
}

func wantsStatus(registration *statev1.SessionRecord_SystemRegistration, status csta.SystemStatusValue) bool {
	return registration.GetSystemStatus() && !slices.Contains(registration.GetFilteredOut(), string(status))
}

// targetStatusChanged tells of targets that begin or cease to drain.
func (s *Server) targetStatusChanged(before, after *targetconfig.Snapshot) {
	for _, target := range after.Targets() {
		old, known := before.TargetByName(target.Name)
		if !known || old.Config.GetDrain() == target.Config.GetDrain() {
			continue
		}
		name, status := target.Name, s.statusOf(target)
		s.tasks.add(func(ctx context.Context) { s.tellStatus(ctx, name, status) })
	}
}
