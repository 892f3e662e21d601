// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"offhook.dev/csta"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

func (s *show) open(ctx context.Context, client *cstaclient.Client) error {
	session, err := client.Open(ctx, cstaclient.SessionOptions{User: user, Password: password, Domain: domain, Line: alice})
	if err != nil {
		return err
	}
	s.session = session
	s.line("→", "INVITE RequestSystemStatus")
	s.line("←", "200 RequestSystemStatusResponse normal")
	go func() { // ends with the session
		defer close(s.printed)
		defer close(s.events)
		for event := range session.Events() {
			summary := cstaclient.Summarize(event)
			s.turn.Lock()
			s.line("⚡", fmt.Sprintf("monitor %-6s %s", summary.Monitor, summary))
			s.turn.Unlock()
			select {
			case s.events <- summary:
			default:
			}
		}
	}()
	return nil
}

func (s *show) features(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("RequestSystemStatus", func() (string, error) {
		status, err := s.session.RequestSystemStatus(ctx)
		return "system status " + string(status), err
	}); err != nil {
		return err
	}
	return s.ask("GetCSTAFeatures", func() (string, error) {
		features, err := s.session.GetCSTAFeatures(ctx)
		if err != nil {
			return "", err
		}
		services, events := features.SupportedServices, features.SupportedEvents
		listed := slices.Concat(services.MonitoringServList.Names(), services.SnapshotServList.Names(), services.CallControlServList.Names())
		return fmt.Sprintf("services %s\n           events %s", strings.Join(listed, ", "), strings.Join(events.CallControlEvtsList.Names(), ", ")), nil
	})
}

func (s *show) monitor(ctx context.Context, _ *cstaclient.Client) error {
	for _, line := range []string{alice, bob, carol} {
		if err := s.ask("MonitorStart "+line, func() (string, error) {
			monitor, err := s.session.MonitorStart(ctx, line)
			return "monitorCrossRefID " + string(monitor), err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *show) makeCall(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("MakeCall "+alice+" to "+bob+", doNotPrompt", func() (string, error) {
		connection, err := s.session.MakeCall(ctx, alice, bob, false)
		return "MakeCallResponse, call " + string(connection.CallID), err
	}); err != nil {
		return err
	}
	return s.awaitEvents(ctx, "Delivered", 2)
}

func (s *show) answer(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("AnswerCall at "+bob, func() (string, error) {
		return "AnswerCallResponse", s.session.AnswerCall(ctx, cstaclient.Connection("", bob))
	}); err != nil {
		return err
	}
	return s.awaitEvents(ctx, "Established", 2)
}

// received is what phones have received of their first call.
func (s *show) received(lines ...string) ([]uint64, error) {
	counts := make([]uint64, len(lines))
	for i, line := range lines {
		calls := s.phones[line].Calls()
		if len(calls) == 0 {
			return nil, softphone.ErrNoSuchCall
		}
		_, counts[i] = calls[0].RTP()
	}
	return counts, nil
}

func (s *show) talk(ctx context.Context, _ *cstaclient.Client) error {
	return s.rtpFlows(ctx, alice, bob)
}

// rtpFlows waits until two phones have heard each other for half a second.
func (s *show) rtpFlows(ctx context.Context, one, other string) error {
	first, err := s.received(one, other)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.New("no RTP")
		case <-ticker.C:
		}
		now, err := s.received(one, other)
		if err != nil {
			return err
		}
		if now[0] >= first[0]+25 && now[1] >= first[1]+25 {
			s.line("♪", fmt.Sprintf("%s has received %d packets, %s %d", names[one], now[0], names[other], now[1]))
			return nil
		}
	}
}

// rtpStands waits until a phone has heard nothing for a while.
func (s *show) rtpStands(ctx context.Context, line string) error {
	ticker := time.NewTicker(400 * time.Millisecond)
	defer ticker.Stop()
	last, err := s.received(line)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return errors.New("RTP goes on")
		case <-ticker.C:
		}
		now, err := s.received(line)
		if err != nil {
			return err
		}
		if now[0] == last[0] {
			s.line("♪", "no packet in 0.4 s")
			return nil
		}
		last = now
	}
}

func (s *show) hold(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("HoldCall at "+alice, func() (string, error) {
		return "HoldCallResponse", s.session.HoldCall(ctx, cstaclient.Connection("", alice))
	}); err != nil {
		return err
	}
	if err := s.awaitEvents(ctx, "Held", 2); err != nil {
		return err
	}
	return s.rtpStands(ctx, alice)
}

func (s *show) retrieve(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("RetrieveCall at "+alice, func() (string, error) {
		return "RetrieveCallResponse", s.session.RetrieveCall(ctx, cstaclient.Connection("", alice))
	}); err != nil {
		return err
	}
	if err := s.awaitEvents(ctx, "Retrieved", 2); err != nil {
		return err
	}
	return s.rtpFlows(ctx, alice, bob)
}

// consult leaves the two calls of Alice in held and active.
func (s *show) consult(ctx context.Context, _ *cstaclient.Client) error {
	own, err := s.onlyCall(ctx, alice)
	if err != nil {
		return err
	}
	s.held = own
	if err := s.ask("ConsultationCall from "+alice+" to "+carol, func() (string, error) {
		s.active, err = s.session.ConsultationCall(ctx, own, carol)
		return "ConsultationCallResponse, call " + string(s.active.CallID), err
	}); err != nil {
		return err
	}
	if err := s.awaitEvents(ctx, "Delivered", 2); err != nil {
		return err
	}
	if err := s.ask("AnswerCall at "+carol, func() (string, error) {
		return "AnswerCallResponse", s.session.AnswerCall(ctx, cstaclient.Connection("", carol))
	}); err != nil {
		return err
	}
	if err := s.awaitEvents(ctx, "Established", 2); err != nil {
		return err
	}
	return s.rtpFlows(ctx, alice, carol)
}

func (s *show) transfer(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.ask("TransferCall of both calls at "+alice, func() (string, error) {
		response, err := s.session.TransferCall(ctx, s.held, s.active)
		if err != nil {
			return "", err
		}
		return "TransferCallResponse, call " + string(response.TransferredCall.CallID), nil
	}); err != nil {
		return err
	}
	if err := s.awaitEvents(ctx, "Transfered", 3); err != nil {
		return err
	}
	return s.rtpFlows(ctx, bob, carol)
}

// onlyCall asks for the connection of a line that has one.
func (s *show) onlyCall(ctx context.Context, line string) (csta.ConnectionID, error) {
	var own csta.ConnectionID
	err := s.ask("SnapshotDevice "+line, func() (string, error) {
		calls, err := s.session.SnapshotDevice(ctx, line)
		if err != nil {
			return "", err
		}
		if len(calls) != 1 {
			return "", fmt.Errorf("the snapshot has %d calls", len(calls))
		}
		own = calls[0].ConnectionIdentifier
		return "one call: " + string(own.CallID), nil
	})
	return own, err
}

func (s *show) clear(ctx context.Context, _ *cstaclient.Client) error {
	own, err := s.onlyCall(ctx, bob)
	if err != nil {
		return err
	}
	if err := s.ask("ClearConnection at "+bob, func() (string, error) {
		return "ClearConnectionResponse", s.session.ClearConnection(ctx, own)
	}); err != nil {
		return err
	}
	return s.awaitEvents(ctx, "ConnectionCleared", 3)
}

func (s *show) end(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.session.Close(ctx); err != nil {
		return err
	}
	s.line("→", "BYE")
	return nil
}
