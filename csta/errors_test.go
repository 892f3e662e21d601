// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"errors"
	"strings"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	tests := []struct{ body, want string }{
		{"<a>", "read csta document: document ends inside an element at byte 3"},
		{"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>", `read csta document: not readable as "EBCDIC" at byte 0`},
		{"<a/>", `read csta document: unknown message "a" in namespace ""`},
		{"<MonitorStop/>", "read csta document: MonitorStop without monitorCrossRefID, ending at byte 14"},
		{"<MonitorStartResponse><monitorCrossRefID/><monitorExistingCalls>x</monitorExistingCalls></MonitorStartResponse>",
			`read csta document: MonitorStartResponse/monitorExistingCalls is "x", want a boolean, at byte 42`},
	}
	for _, test := range tests {
		_, err := Read([]byte(test.body), ReadOptions{})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.body, err, test.want)
		}
	}
	_, err := Read([]byte("<MonitorStop>x<monitorCrossRefID/></MonitorStop>"), ReadOptions{Strict: true})
	if err == nil || err.Error() != "read csta document: MonitorStop/: text between elements, at byte 14" {
		t.Error(err)
	}
	_, err = Read([]byte("<MonitorStop/>"), ReadOptions{Limits: Limits{MaxBytes: 3}})
	if err == nil || err.Error() != "read csta document: more than MaxBytes 3 at byte 3" {
		t.Error(err)
	}
}

func TestAllMissingChildrenAreTold(t *testing.T) {
	document, err := Read([]byte("<SetForwarding><forwardDN>1</forwardDN></SetForwarding>"), ReadOptions{})
	var missing *MissingChildError
	if !errors.As(err, &missing) || document.Message == nil {
		t.Fatalf("reading gives %v, %v", document.Message, err)
	}
	if missing.Child != "device" || len(missing.More) != 1 || missing.More[0].Child != "activateForward" || missing.More[0].Path != "SetForwarding" {
		t.Errorf("missing are %v and %v", missing, missing.More)
	}
	many := "<RouteSelect>" + strings.Repeat("<correlatorData/>", 3) + "</RouteSelect>"
	if _, err := Read([]byte(many), ReadOptions{}); !errors.As(err, &missing) || len(missing.More) > 15 {
		t.Errorf("missing are %v", err)
	}
}
