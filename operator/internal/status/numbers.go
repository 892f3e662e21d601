// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"maps"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
)

// A registration whose end moves by less is not written anew, nor is a user's
// last session.
const (
	expiresGrain  = time.Minute
	lastSeenGrain = time.Second
)

// Bounds of the types' lists.
const (
	maxDevices     = 10
	maxForwardings = 12
	maxLastError   = 1024
)

// countTarget fills in what the data plane holds of a target. Without a report
// the numbers that the owner gives stay as they were.
func countTarget(status *v1alpha1.CMETargetStatus, known *dataplane.Target) {
	status.Owner, status.ConfigVersion = known.Owner, known.Applied
	status.Sessions, status.Monitors = number(known.Sessions), number(known.Monitors)
	status.LastError = cmp.Or(known.Refusal, strings.Join(known.Refusals, "; "))
	if report := known.Report; report != nil {
		status.PhonesRegistered, status.LinesInService = number(report.PhonesRegistered), number(report.LinesInService)
		if report.Calls != dataplane.CallsUnknown {
			status.Calls, status.Lines = number(report.Calls), number(len(report.Lines))
		}
		status.LastError = cmp.Or(status.LastError, report.LastError)
	}
	status.LastError = cut(status.LastError, maxLastError)
}

// countLine fills in what the owner of its target reports of a line. Without a
// report what was known stays.
func countLine(status *v1alpha1.LineStatus, line *v1alpha1.Line, report *dataplane.Report) {
	if report == nil {
		return
	}
	known := report.Lines[line.Spec.Number]
	before := status.Devices
	status.RegisteredDevices, status.Calls = number(len(known.Devices)), number(known.Calls)
	status.InService, status.DoNotDisturb, status.MessageWaiting = known.InService, known.DoNotDisturb, known.MessageWaiting
	status.Devices, status.Forwarding = nil, nil
	for _, phone := range known.Devices[:min(len(known.Devices), maxDevices)] {
		status.Devices = append(status.Devices, device(phone, before))
	}
	for _, kind := range slices.Sorted(maps.Keys(known.Forwarding)) {
		if len(status.Forwarding) < maxForwardings {
			status.Forwarding = append(status.Forwarding, v1alpha1.ActiveForwarding{Type: v1alpha1.ForwardingType(kind), ForwardDN: known.Forwarding[kind]})
		}
	}
}

func device(phone dataplane.DeviceReport, before []v1alpha1.RegisteredDevice) v1alpha1.RegisteredDevice {
	found := v1alpha1.RegisteredDevice{Name: phone.Name, Host: host(phone.Contact), UserAgent: phone.UserAgent, Protocol: phone.Protocol}
	if phone.Expires.IsZero() {
		return found
	}
	found.Expires = &metav1.Time{Time: phone.Expires.Truncate(time.Second)}
	for _, old := range before {
		if old.Name == found.Name && old.Host == found.Host && old.UserAgent == found.UserAgent && old.Expires != nil &&
			old.Expires.Sub(phone.Expires).Abs() < expiresGrain {
			found.Expires = old.Expires
			break
		}
	}
	return found
}

// host is that of a SIP URI or address.
func host(contact string) string {
	_, rest, isURI := strings.Cut(strings.Trim(contact, "<>"), ":")
	if !isURI || !strings.HasPrefix(contact, "sip") && !strings.HasPrefix(contact, "<sip") {
		rest = contact
	}
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if alone, _, err := net.SplitHostPort(rest); err == nil {
		rest = alone
	}
	return strings.Trim(rest, "[]")
}

// countUser fills in what a user holds.
func countUser(status *v1alpha1.CTIUserStatus, known dataplane.User) {
	status.Sessions, status.Monitors = number(known.Sessions), number(known.Monitors)
	if !known.LastSeen.IsZero() && (status.LastSeen == nil || known.LastSeen.Sub(status.LastSeen.Time) >= lastSeenGrain) {
		status.LastSeen = &metav1.Time{Time: known.LastSeen.Truncate(time.Second)}
	}
}

func number(count int) int32 {
	return int32(min(max(count, 0), math.MaxInt32)) // #nosec G115 -- bounded here
}

// cut bounds a text without cutting a letter.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xc0 == 0x80 {
		most--
	}
	return text[:most]
}
