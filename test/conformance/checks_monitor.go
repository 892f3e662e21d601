// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"fmt"

	"offhook.dev/csta"
)

func monitorChecks() []Check {
	return []Check{
		{Name: "monitor/start-stop", Source: "ECMA-269 Monitor Start", Needs: []string{"monitorStart", "monitorStop"}, Lines: 1, run: startStop},
		{Name: "monitor/unknown-device", Source: "ECMA-269 Monitor Start", Needs: []string{"monitorStart"}, Lines: 1, run: monitorNobody},
		{Name: "monitor/filter", Source: "ECMA-323 MonitorFilter", Needs: []string{"monitorStart", "makeCall", "clearConnection"}, Lines: 2, run: filtered},
		{Name: "monitor/change-filter", Source: "ECMA-269 Change Monitor Filter", Needs: []string{"changeMonitorFilter", "makeCall", "clearConnection"}, Lines: 2, run: changedFilter},
	}
}

func startStop(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	if p.monitor == "" {
		return fmt.Errorf("MonitorStartResponse has no monitorCrossRefID")
	}
	if err := p.MonitorStop(t.ctx, p.monitor); err != nil {
		return err
	}
	return p.refused(&csta.MonitorStop{MonitorCrossRefID: p.monitor}, csta.ErrorCategoryOperation)
}

func monitorNobody(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	request := &csta.MonitorStart{}
	request.MonitorObject.DeviceObject = &csta.DeviceID{Text: "no-such-device"}
	return p.refused(request, csta.ErrorCategoryOperation)
}

// filtered: a true boolean filters out.
func filtered(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	request := &csta.MonitorStart{RequestedMonitorFilter: withoutOriginated()}
	request.MonitorObject.DeviceObject = &csta.DeviceID{Text: p.line}
	response, err := ask[*csta.MonitorStartResponse](p, request)
	if err != nil {
		return err
	}
	p.monitor = response.MonitorCrossRefID
	return p.callWithoutOriginated()
}

func changedFilter(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	_, err = ask[*csta.ChangeMonitorFilterResponse](p, &csta.ChangeMonitorFilter{
		MonitorCrossRefID: p.monitor, RequestedFilterList: *withoutOriginated(),
	})
	if err != nil {
		return err
	}
	return p.callWithoutOriginated()
}

func withoutOriginated() *csta.MonitorFilter {
	filter := &csta.MonitorFilter{}
	filter.Callcontrol.Set("originated", true)
	return filter
}

// callWithoutOriginated calls, clears, and wants no OriginatedEvent in between.
func (p *party) callWithoutOriginated() error {
	call, err := p.MakeCall(p.trial.ctx, p.line, p.trial.server.Lines[1], false)
	if err != nil {
		return err
	}
	if _, err := p.told("DeliveredEvent"); err != nil {
		return err
	}
	if err := p.ClearConnection(p.trial.ctx, call); err != nil {
		return err
	}
	_, err = p.told("ConnectionClearedEvent")
	return err
}
