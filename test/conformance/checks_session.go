// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"errors"
	"fmt"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

func sessionChecks() []Check {
	return []Check{
		{Name: "session/refresh", Source: "TR/87 7.1, RFC 4028", Lines: 1, run: refresh},
		{Name: "session/status", Source: "ECMA-269 Request System Status", Needs: []string{"requestSystemStatus"}, Lines: 1, run: status},
		{Name: "session/unreadable", Source: "RFC 3261 21.4.1", Lines: 1, run: unreadable},
		{Name: "session/unknown-service", Source: "ECMA-269 universal failures", Lines: 1, run: unknownService},
		{Name: "session/truthful-features", Source: "ECMA-269 Get CSTA Features", Lines: 1, run: truthful},
		{Name: "session/pipelined", Source: "TR/87 7.2", Lines: 1, run: pipelined},
	}
}

// refresh: a re-INVITE is answered with the status and leaves monitors alone.
func refresh(t *trial) error {
	parties, err := t.enter(1)
	if err != nil {
		return err
	}
	p := parties[0]
	if err := p.Refresh(t.ctx); err != nil {
		return err
	}
	return p.MonitorStop(t.ctx, p.monitor)
}

func status(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	response, err := ask[*csta.RequestSystemStatusResponse](p, &csta.RequestSystemStatus{})
	if err != nil {
		return err
	}
	if response.SystemStatus != csta.SystemStatusNormal {
		return fmt.Errorf("system status is %s", response.SystemStatus)
	}
	return nil
}

// unreadable: what is no XML is a fault of SIP's kind, and the session goes on.
func unreadable(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	_, err = p.InvokeRaw(t.ctx, []byte("<MakeCall"))
	refused, ok := errors.AsType[*cstaclient.SIPError](err)
	if !ok || refused.Status/100 != 4 {
		return fmt.Errorf("a body that is no XML is answered with %w, want a SIP 4xx", err)
	}
	return status(t)
}

func unknownService(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	body, err := p.InvokeRaw(t.ctx, fmt.Appendf(nil, "<NoSuchService xmlns=%q/>", t.server.Edition.Namespace()))
	if err != nil {
		return err
	}
	document, err := csta.Read(body, csta.ReadOptions{})
	if err != nil {
		return err
	}
	if _, ok := document.Message.(*csta.CSTAErrorCode); !ok {
		return fmt.Errorf("an unknown service is answered with %s, want CSTAErrorCode", document.Message.Element())
	}
	return nil
}

// truthful: no service that is listed is refused as not supported.
func truthful(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	var failures []error
	for capability := range t.offered {
		request := elementOf(capability)
		if request == nil || request.Kind() != csta.KindRequest {
			continue
		}
		_, err := p.Invoke(t.ctx, request)
		if negative, ok := errors.AsType[*cstaclient.ServiceError](err); ok && negative.Value == string(csta.OperationServiceNotSupported) {
			failures = append(failures, fmt.Errorf("%s is listed and refused as not supported", capability))
		}
	}
	return errors.Join(failures...)
}

// pipelined: requests sent without waiting are all answered.
func pipelined(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	const requests = 10
	answers := make(chan error, requests)
	for range requests {
		go func() {
			_, err := p.SnapshotDevice(t.ctx, p.line)
			answers <- err
		}()
	}
	var failures []error
	for range requests {
		failures = append(failures, <-answers)
	}
	return errors.Join(failures...)
}
