// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"

	"offhook.dev/services/sipstack"
)

// Package is an event package.
type Package string

// Event packages.
const (
	MessageSummary Package = "message-summary"
	Dialog         Package = "dialog"
	FeatureEvent   Package = "as-feature-event"
)

// AllowEvents is the value of Allow-Events.
const AllowEvents = "as-feature-event, dialog, message-summary"

// Media types of the packages' bodies.
const (
	typeSummary = "application/simple-message-summary"
	typeDialog  = "application/dialog-info+xml"
	typeFeature = "application/x-as-feature-event+xml"
)

// readEvent reads the Event header: the package and its id parameter.
func readEvent(req *sipstack.Request) (p Package, id string, ok bool) {
	name, parameters, _ := strings.Cut(sipstack.HeaderValue(req, "Event"), ";")
	for parameter := range strings.SplitSeq(parameters, ";") {
		if key, value, _ := strings.Cut(strings.TrimSpace(parameter), "="); strings.EqualFold(key, "id") {
			id = value
		}
	}
	p = Package(strings.ToLower(strings.TrimSpace(name)))
	switch p {
	case MessageSummary, Dialog, FeatureEvent:
		return p, id, true
	default:
		return "", "", false
	}
}

// event is the value of the Event header of a NOTIFY.
func event(p Package, id string) string {
	if id == "" {
		return string(p)
	}
	return string(p) + ";id=" + id
}

// accepts tells whether the sender of a request takes a media type. No Accept
// means the package's own.
func accepts(req *sipstack.Request, mediaType string) bool {
	values := sipstack.ListValues(req, "Accept")
	if len(values) == 0 {
		return true
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, value := range values {
		value, _, _ = strings.Cut(value, ";")
		value = strings.TrimSpace(value)
		if strings.EqualFold(value, mediaType) || strings.EqualFold(value, kind+"/*") || value == "*/*" {
			return true
		}
	}
	return false
}

func packageOf(kind Kind) Package {
	switch kind {
	case KindCalls:
		return Dialog
	case KindFeatures:
		return FeatureEvent
	case KindMessageWaiting:
		return MessageSummary
	default:
		return ""
	}
}
