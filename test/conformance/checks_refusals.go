// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"errors"

	"offhook.dev/csta"
)

func refusalChecks() []Check {
	return []Check{
		{Name: "refusal/no-such-connection", Source: "ECMA-269 universal failures", Lines: 1, run: noSuchConnection},
		{Name: "refusal/no-such-device", Source: "ECMA-269 universal failures", Lines: 1, run: noSuchDevice},
	}
}

// noSuchConnection: services on a connection that is not there are refused.
func noSuchConnection(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	nowhere := p.at("no-such-call")
	requests := map[string]csta.Message{
		"answerCall":       &csta.AnswerCall{CallToBeAnswered: nowhere},
		"clearConnection":  &csta.ClearConnection{ConnectionToBeCleared: nowhere},
		"holdCall":         &csta.HoldCall{CallToBeHeld: nowhere},
		"retrieveCall":     &csta.RetrieveCall{CallToBeRetrieved: nowhere},
		"consultationCall": &csta.ConsultationCall{ExistingCall: nowhere, ConsultedDevice: csta.DeviceID{Text: t.server.Lines[1]}},
		"transferCall":     &csta.TransferCall{HeldCall: nowhere, ActiveCall: nowhere},
		"conferenceCall":   &csta.ConferenceCall{HeldCall: nowhere, ActiveCall: nowhere},
		"reconnectCall":    &csta.ReconnectCall{HeldCall: nowhere, ActiveCall: nowhere},
		"alternateCall":    &csta.AlternateCall{HeldCall: nowhere, ActiveCall: nowhere},
		"snapshotCall":     &csta.SnapshotCall{SnapshotObject: nowhere},
	}
	var failures []error
	for service, request := range requests {
		if t.offered[service] {
			failures = append(failures, p.refused(request, csta.ErrorCategoryOperation, csta.ErrorCategoryStateIncompatibility))
		}
	}
	return errors.Join(failures...)
}

func noSuchDevice(t *trial) error {
	p, err := t.open(0)
	if err != nil {
		return err
	}
	nobody := csta.DeviceID{Text: "no-such-device"}
	requests := map[string]csta.Message{
		"makeCall":        &csta.MakeCall{CallingDevice: nobody, CalledDirectoryNumber: csta.DeviceID{Text: t.server.Lines[1]}},
		"snapshotDevice":  &csta.SnapshotDevice{SnapshotObject: nobody},
		"getDoNotDisturb": &csta.GetDoNotDisturb{Device: nobody},
		"getForwarding":   &csta.GetForwarding{Device: nobody},
	}
	var failures []error
	for service, request := range requests {
		if t.offered[service] {
			failures = append(failures, p.refused(request, csta.ErrorCategoryOperation))
		}
	}
	return errors.Join(failures...)
}
