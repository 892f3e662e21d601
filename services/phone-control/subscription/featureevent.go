// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
)

// Forwarding types that phones know as keys of theirs. The internal and
// external variants are an application's.
func keyTypes() []string {
	return []string{
		string(csta.ForwardingTypeForwardImmediate), string(csta.ForwardingTypeForwardBusy), string(csta.ForwardingTypeForwardNoAns),
	}
}

// doNotDisturb names the feature besides the forwarding types.
const doNotDisturb = "doNotDisturb"

// keys is what a phone was told of its features.
type keys struct {
	// told are the events as they were sent last, by feature.
	told map[string]string
}

// document writes the events of features (BroadSoft's as-feature-event, which
// reuses ECMA-323's elements without monitorCrossRefID): all of them, or those
// that differ from what was told and those in confirm; false: there is none.
// One event is the body itself, more are parts of a multipart/mixed.
func (k *keys) document(device string, f Features, full bool, confirm map[string]bool) (body []byte, contentType string, ok bool) {
	now := featureEvents(device, f)
	var events []string
	for _, name := range append(keyTypes(), doNotDisturb) {
		if full || confirm[name] || k.told[name] != now[name] {
			events = append(events, now[name])
		}
	}
	k.told = now
	switch len(events) {
	case 0:
		return nil, "", false
	case 1:
		return []byte(events[0]), typeFeature, true
	}
	boundary := rand.Text()
	var b strings.Builder
	for i, event := range events {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\nContent-Length: %d\r\nContent-ID: <%d.%s@offhook>\r\n\r\n%s\r\n",
			boundary, typeFeature, len(event), i+1, boundary, event)
	}
	b.WriteString("--" + boundary + "--\r\n")
	return []byte(b.String()), `multipart/mixed;boundary="` + boundary + `"`, true
}

const (
	featureHead      = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	featureNamespace = ` xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"`
)

// featureEvents writes the event of each feature.
func featureEvents(device string, f Features) map[string]string {
	events := make(map[string]string, 4)
	for _, name := range keyTypes() {
		setting := Forwarding{Type: name}
		if i := slices.IndexFunc(f.Forwardings, func(f Forwarding) bool { return f.Type == name }); i >= 0 {
			setting = f.Forwardings[i]
		}
		out := []byte(featureHead + "<ForwardingEvent" + featureNamespace + "><device>")
		out = csta.AppendEscaped(out, device)
		out = append(out, "</device><forwardingType>"+name+"</forwardingType><forwardStatus>"+strconv.FormatBool(setting.Active)+"</forwardStatus>"...)
		if setting.ForwardDN != "" {
			out = append(out, "<forwardTo>"...)
			out = csta.AppendEscaped(out, setting.ForwardDN)
			out = append(out, "</forwardTo>"...)
		}
		if setting.RingCount > 0 {
			out = append(out, "<ringCount>"+strconv.Itoa(setting.RingCount)+"</ringCount>"...)
		}
		events[name] = string(append(out, "</ForwardingEvent>"...))
	}
	out := []byte(featureHead + "<DoNotDisturbEvent" + featureNamespace + "><device>")
	out = csta.AppendEscaped(out, device)
	events[doNotDisturb] = string(append(out, "</device><doNotDisturbOn>"+strconv.FormatBool(f.DoNotDisturb)+"</doNotDisturbOn></DoNotDisturbEvent>"...))
	return events
}

// change is what a phone asks to be set: a forwarding, or do-not-disturb.
type change struct {
	forwarding *Forwarding
	on         bool
}

// feature names what the change is of.
func (c change) feature() string {
	if c.forwarding != nil {
		return c.forwarding.Type
	}
	return doNotDisturb
}

// Errors of a body that asks for a change.
var (
	errBody        = errors.New("body is no CSTA request that can be read")
	errUnsupported = errors.New("body is a request that is not served")
)

// readChange reads SetDoNotDisturb or SetForwarding. Device is not looked at:
// phones write anything there, and mean themselves.
func readChange(body []byte) (change, error) {
	document, err := csta.Read(body, csta.ReadOptions{Limits: csta.Limits{MaxBytes: maxBody}})
	var missing *csta.MissingChildError
	var unknown *csta.UnknownElementError
	switch {
	case errors.As(err, &unknown):
		return change{}, errUnsupported
	case errors.As(err, &missing) && (missing.Child != "device" || len(missing.More) > 0):
		return change{}, fmt.Errorf("%w: %w", errBody, err)
	case err != nil && missing == nil:
		return change{}, fmt.Errorf("%w: %w", errBody, err)
	}
	switch message := document.Message.(type) {
	case *csta.SetDoNotDisturb:
		return change{on: message.DoNotDisturbOn}, nil
	case *csta.SetForwarding:
		return readForwarding(message)
	default:
		return change{}, errUnsupported
	}
}

func readForwarding(message *csta.SetForwarding) (change, error) {
	setting := Forwarding{Type: string(message.ForwardingType), Active: message.ActivateForward}
	if setting.Type == "" {
		setting.Type = string(csta.ForwardingTypeForwardImmediate)
	}
	if !slices.Contains(keyTypes(), setting.Type) {
		return change{}, errUnsupported
	}
	if message.ForwardDN != nil && strings.TrimSpace(message.ForwardDN.Text) != "" {
		number, err := deviceid.Parse(strings.TrimSpace(message.ForwardDN.Text))
		if err != nil {
			return change{}, fmt.Errorf("%w: forwardDN: %w", errBody, err)
		}
		setting.ForwardDN = number.Number
	}
	if message.RingCount != nil && *message.RingCount > 0 {
		setting.RingCount = *message.RingCount
	}
	return change{forwarding: &setting}, nil
}
