// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/dialplan"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// Defaults where a target's configuration says nothing.
const (
	defaultNoAnswer     = 60 * time.Second
	defaultPrompt       = 30 * time.Second
	defaultCalls        = 4096
	defaultCallsPerLine = 2
)

// settings are what the call model needs of a target's configuration.
func settings(target *targetconfig.Target) callmodel.SetLines {
	config := target.Config
	set := callmodel.SetLines{
		NoAnswer: defaultNoAnswer, Prompt: defaultPrompt,
		MaxCalls: defaultCalls, MaxCallsPerLine: defaultCallsPerLine,
		Drain: config.GetDrain(),
		Lines: make([]callmodel.Line, len(target.Lines)),
	}
	driver := config.GetDriver()
	set.NoAnswer = firstSet(set.NoAnswer, driver.GetSipLine().GetNoAnswerTimeout(), driver.GetSimulated().GetNoAnswerTimeout(), driver.GetSkinny().GetNoAnswerTimeout())
	set.Prompt = firstSet(set.Prompt, driver.GetSipLine().GetPromptTimeout(), driver.GetSimulated().GetPromptTimeout(), driver.GetSkinny().GetPromptTimeout())
	if n := config.GetLimits().GetCalls(); n > 0 {
		set.MaxCalls = int(n)
	}
	if n := config.GetLimits().GetCallsPerLine(); n > 0 {
		set.MaxCallsPerLine = int(n)
	}
	features := config.GetFeatures()
	set.RingDuration = features.GetRingDuration().AsDuration()
	set.RouteTimeout = features.GetRouteTimeout().AsDuration()
	set.ParkTimeout = features.GetParkTimeout().AsDuration()
	set.CallBackTimeout = features.GetCallBackTimeout().AsDuration()
	set.FailedTime = features.GetFailedTime().AsDuration()
	set.ParkSlots = devices(features.GetParkSlots())
	set.MaxRedirections = int(features.GetMaxRedirections())
	set.MaxParties = int(config.GetMedia().GetConferenceParties())
	set.Plan = dialPlan{target.DialPlan}
	set.Trunk, set.TrunkCalls = config.GetTrunk().GetName(), int(config.GetTrunk().GetMaxCalls())
	for i, line := range target.Lines {
		set.Lines[i] = callmodel.Line{
			Number: callmodel.DeviceID(line.GetNumber()), DisplayName: line.GetDisplayName(),
			MaxCalls: int(line.GetCallLimit()), PickupGroup: line.GetPickupGroup(),
			Routeing: line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING, DefaultRoute: line.GetDefaultRoute(),
			AlwaysInService: line.GetCtiNotify(),
		}
	}
	return set
}

// firstSet is the first duration that is set, else the default.
func firstSet(unset time.Duration, durations ...*durationpb.Duration) time.Duration {
	for _, d := range durations {
		if d.AsDuration() > 0 {
			return d.AsDuration()
		}
	}
	return unset
}

// dialPlan is a target's dial plan as the call model asks it.
type dialPlan struct{ plan *dialplan.Plan }

func (d dialPlan) Resolve(dialled string) callmodel.Destination {
	to := d.plan.Resolve(dialled)
	return callmodel.Destination{
		Line: callmodel.DeviceID(to.Line), External: to.External, Shown: callmodel.DeviceID(to.Shown), Blocked: to.Blocked,
	}
}
