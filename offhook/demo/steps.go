// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
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
		defer close(s.events)
		for event := range session.Events() {
			summary := cstaclient.Summarize(event)
			s.line("⚡", fmt.Sprintf("monitor %-6s %s", summary.Monitor, summary))
			select {
			case s.events <- summary:
			default:
			}
		}
	}()
	return nil
}

func (s *show) features(ctx context.Context, _ *cstaclient.Client) error {
	status, err := s.session.RequestSystemStatus(ctx)
	if err != nil {
		return err
	}
	s.line("→", "RequestSystemStatus")
	s.line("←", "system status "+string(status))
	features, err := s.session.GetCSTAFeatures(ctx)
	if err != nil {
		return err
	}
	s.line("→", "GetCSTAFeatures")
	for _, list := range []csta.CapabilityList{
		features.SupportedServices.MonitoringServList, features.SupportedServices.SnapshotServList,
		features.SupportedServices.CallControlServList, features.SupportedEvents.CallControlEvtsList,
	} {
		s.line("←", strings.Join(list.Names(), ", "))
	}
	return nil
}

func (s *show) monitor(ctx context.Context, _ *cstaclient.Client) error {
	for _, line := range []string{alice, bob} {
		monitor, err := s.session.MonitorStart(ctx, line)
		if err != nil {
			return err
		}
		s.line("→", "MonitorStart "+line)
		s.line("←", "monitorCrossRefID "+string(monitor))
	}
	return nil
}

func (s *show) makeCall(ctx context.Context, _ *cstaclient.Client) error {
	s.line("→", "MakeCall "+alice+" to "+bob+", doNotPrompt")
	connection, err := s.session.MakeCall(ctx, alice, bob, false)
	if err != nil {
		return err
	}
	s.line("←", "call "+string(connection.CallID))
	_, err = s.awaitEvent(ctx, "Delivered", 2)
	return err
}

func (s *show) answer(ctx context.Context, _ *cstaclient.Client) error {
	s.line("→", "AnswerCall at "+bob)
	if err := s.session.AnswerCall(ctx, csta.ConnectionID{DeviceID: csta.DeviceID{Text: bob}}); err != nil {
		return err
	}
	s.line("←", "AnswerCallResponse")
	_, err := s.awaitEvent(ctx, "Established", 2)
	return err
}

// received is what each phone has received of its first call.
func (s *show) received() (map[string]uint64, error) {
	counts := make(map[string]uint64)
	for number, phone := range s.phones {
		calls := phone.Calls()
		if len(calls) == 0 {
			return nil, softphone.ErrNoSuchCall
		}
		_, counts[number] = calls[0].RTP()
	}
	return counts, nil
}

func (s *show) rtpFlows(ctx context.Context, _ *cstaclient.Client) error {
	first, err := s.received()
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
		now, err := s.received()
		if err != nil {
			return err
		}
		if now[alice] >= first[alice]+25 && now[bob] >= first[bob]+25 {
			s.line("♪", fmt.Sprintf("Alice has received %d packets, Bob %d", now[alice], now[bob]))
			return nil
		}
	}
}

func (s *show) rtpStands(ctx context.Context) error {
	ticker := time.NewTicker(400 * time.Millisecond)
	defer ticker.Stop()
	last, err := s.received()
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return errors.New("RTP goes on")
		case <-ticker.C:
		}
		now, err := s.received()
		if err != nil {
			return err
		}
		if now[alice] == last[alice] && now[bob] == last[bob] {
			s.line("♪", "no packet in 0.4 s")
			return nil
		}
		last = now
	}
}

func (s *show) hold(ctx context.Context, _ *cstaclient.Client) error {
	s.line("→", "HoldCall at "+alice)
	if err := s.session.HoldCall(ctx, csta.ConnectionID{DeviceID: csta.DeviceID{Text: alice}}); err != nil {
		return err
	}
	s.line("←", "HoldCallResponse")
	if _, err := s.awaitEvent(ctx, "Held", 2); err != nil {
		return err
	}
	return s.rtpStands(ctx)
}

func (s *show) retrieve(ctx context.Context, client *cstaclient.Client) error {
	s.line("→", "RetrieveCall at "+alice)
	if err := s.session.RetrieveCall(ctx, csta.ConnectionID{DeviceID: csta.DeviceID{Text: alice}}); err != nil {
		return err
	}
	s.line("←", "RetrieveCallResponse")
	if _, err := s.awaitEvent(ctx, "Retrieved", 2); err != nil {
		return err
	}
	return s.rtpFlows(ctx, client)
}

func (s *show) clear(ctx context.Context, _ *cstaclient.Client) error {
	s.line("→", "SnapshotDevice "+alice)
	calls, err := s.session.SnapshotDevice(ctx, alice)
	if err != nil {
		return err
	}
	if len(calls) != 1 {
		return fmt.Errorf("the snapshot has %d calls", len(calls))
	}
	s.line("←", "one call: "+string(calls[0].ConnectionIdentifier.CallID))
	s.line("→", "ClearConnection at "+alice)
	if err := s.session.ClearConnection(ctx, calls[0].ConnectionIdentifier); err != nil {
		return err
	}
	s.line("←", "ClearConnectionResponse")
	_, err = s.awaitEvent(ctx, "ConnectionCleared", 3)
	return err
}

func (s *show) end(ctx context.Context, _ *cstaclient.Client) error {
	if err := s.session.Close(ctx); err != nil {
		return err
	}
	s.line("→", "BYE")
	return nil
}
