// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"fmt"
	"strconv"
	"strings"
)

// testFeatures are feature settings by line and name.
type testFeatures map[string]string

func (f testFeatures) set(line, name, value string) {
	key := line + " " + name
	switch value {
	case "off":
		delete(f, key)
	default:
		f[key] = value
	}
}

func (f testFeatures) DoNotDisturb(line DeviceID) bool { return f.on(line, "dnd") }

func (f testFeatures) on(line DeviceID, name string) bool {
	_, on := f[string(line)+" "+name]
	return on
}

func (f testFeatures) Redirect(line DeviceID, when Condition, external bool) (to, kind string, ok bool) {
	kind = map[Condition]string{
		ForwardImmediate: "forwardImmediate", ForwardBusy: "forwardBusy", ForwardNoAnswer: "forwardNoAns", ForwardDoNotDisturb: "forwardDND",
	}[when]
	if external {
		if to, ok = f[string(line)+" "+kind+"Ext"]; ok {
			return to, kind + "Ext", true
		}
	}
	to, ok = f[string(line)+" "+kind]
	return to, kind, ok
}

func (f testFeatures) NoAnswerRings(DeviceID, bool) (int, bool) { return 3, true }

func (f testFeatures) CallerIDSuppressed(line DeviceID) bool { return f.on(line, "hidden") }

func (f testFeatures) AutoAnswer(line DeviceID) (int, bool) {
	rings, on := f[string(line)+" auto"]
	n, _ := strconv.Atoi(rings)
	return n, on
}

// testPlan has lines of four digits, the trunk behind 0, and 0900 blocked.
type testPlan struct{}

func (testPlan) Resolve(dialled string) Destination {
	switch {
	case strings.HasPrefix(dialled, "0900"):
		return Destination{Blocked: true}
	case strings.HasPrefix(dialled, "0") && len(dialled) > 3:
		return Destination{External: dialled[1:], Shown: DeviceID("+49" + dialled[1:])}
	case len(dialled) == 4:
		return Destination{Line: DeviceID(dialled)}
	}
	return Destination{}
}

func written(c ConnectionID) string {
	if c == (ConnectionID{}) {
		return "-"
	}
	return string(c.Call) + "/" + string(c.Device)
}

func describe(output Output) string {
	switch o := output.(type) {
	case Reply:
		return describeReply(o)
	case *Event:
		return describeEvent(o)
	case TellRouteing:
		kind := []string{"", "request", "re-route", "used", "end", "abort"}[o.Kind]
		return strings.TrimRight(fmt.Sprintf("route %s to %s %s%s: %s from %s at %s %s", kind, o.Session, o.RegistrationID, o.CrossRef, o.Route, o.Calling,
			written(o.Connection), o.ErrorValue), " ")
	case Adopt:
		return fmt.Sprintf("adopt %d as leg %d, %s", o.Dialled, o.Leg, written(o.Connection))
	case RejectDialled:
		return fmt.Sprintf("reject %d: %s", o.Dialled, o.Cause)
	case Ring:
		return describeRing(o)
	case Answer:
		return fmt.Sprintf("answer leg %d", o.Leg)
	case SetMedia:
		return fmt.Sprintf("media of leg %d: %s", o.Leg, describeMedia(o.Media))
	case SendDigits:
		return fmt.Sprintf("send digits to leg %d: %s", o.Leg, o.Digits)
	case Referred:
		return strings.TrimRight(fmt.Sprintf("referred %d %s", o.Refer, o.Cause), " ")
	case Release:
		return fmt.Sprintf("release leg %d: %s", o.Leg, o.Cause)
	}
	return fmt.Sprintf("%T", output)
}

func describeReply(o Reply) string {
	if o.Error != nil {
		return fmt.Sprintf("reply %d: %s %s", o.Request, o.Error.Category, o.Error.Value)
	}
	text := fmt.Sprintf("reply %d: ok %s", o.Request, written(o.Connection))
	if o.ID != "" {
		text += " id " + o.ID
	}
	return text + describeList(o.Connections)
}

func describeList(list []ConnectionListItem) string {
	text := ""
	for _, item := range list {
		text += fmt.Sprintf(" [%s was %s]", written(item.New), written(item.Old))
	}
	return text
}

func describeRing(o Ring) string {
	where := string(o.Line)
	if o.Line == "" {
		where = "trunk " + o.External
	}
	text := fmt.Sprintf("ring leg %d: %s for %s showing %s", o.Leg, where, written(o.Connection), o.Shown.Number)
	if o.Shown.Restricted {
		text += " hidden"
	}
	if o.RedirectedBy != "" {
		text += " by " + string(o.RedirectedBy)
	}
	if o.Caller != 0 {
		text += fmt.Sprintf(", with leg %d", o.Caller)
	}
	if o.AutoAnswer {
		text += ", auto-answer"
	}
	return text
}

func describeMedia(media Media) string {
	switch media.Kind {
	case OnHold:
		return "on hold"
	case HeldByOther:
		return "held by other"
	case Ringback:
		return "ringback"
	case WithLeg:
		return fmt.Sprintf("with leg %d", media.Leg)
	case InConference:
	}
	if media.ListenOnly {
		return "in conference " + string(media.Conference) + ", listening"
	}
	return "in conference " + string(media.Conference)
}

func describeEvent(o *Event) string {
	text := "event " + o.Kind.String()
	for _, id := range []ConnectionID{o.Connection, o.Secondary} {
		if id != (ConnectionID{}) {
			text += " " + written(id)
		}
	}
	if o.Other != "" {
		text += " to " + string(o.Other)
	}
	if o.Trunk != "" {
		text += " by " + o.Trunk
	}
	if o.Digits != "" {
		text += " digits " + o.Digits
	}
	if o.Kind == CalledBack {
		text += fmt.Sprintf(" of %s, set %v", o.Device, o.CallBackSet)
	}
	if o.Cause != "" {
		text += " " + string(o.Cause)
	}
	if o.LastRedirection != "" {
		text += " redirected by " + string(o.LastRedirection)
	}
	if o.AssociatedCalling != "" {
		text += " at " + string(o.AssociatedCalling)
	}
	if o.Restricted {
		text += " restricted"
	}
	text += describeList(o.Connections)
	if o.Data.Correlator != nil {
		text += fmt.Sprintf(" data %s", o.Data.Correlator)
	}
	for _, reported := range o.Reported {
		text += fmt.Sprintf(" %s=%s", reported.Device, reported.State)
	}
	return text
}
