// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"slices"
	"testing"
)

func TestCapabilityListIsAlphabetical(t *testing.T) {
	list := NewCapabilityList("makeCall", "answerCall", "singleStepTransfer", "holdCall")
	list.Add("makeCall", "prompt", "doNotPrompt")
	list.Add("makeCall")
	if got := list.Names(); !slices.Equal(got, []string{"answerCall", "holdCall", "makeCall", "singleStepTransfer"}) {
		t.Error(got)
	}
	if !list.Has("holdCall") || list.Has("retrieveCall") || !list.HasOption("makeCall", "prompt") || list.HasOption("holdCall", "prompt") {
		t.Error("wrong lookups")
	}
	features := &GetCSTAFeaturesResponse{SupportedServices: SupportedServices{CallControlServList: list, VoiceServList: CapabilityList{}}}
	got := string(Append(nil, features, EditionNone))
	want := xmlDeclaration + "<GetCSTAFeaturesResponse><supportedServices><callControlServList><answerCall/><holdCall/>" +
		"<makeCall><doNotPrompt>true</doNotPrompt><prompt>true</prompt></makeCall><singleStepTransfer/></callControlServList>" +
		"<voiceServList></voiceServList></supportedServices><supportedEvents></supportedEvents></GetCSTAFeaturesResponse>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCapabilityOrderIsCheckedStrictly(t *testing.T) {
	body := []byte(`<GetCSTAFeaturesResponse><supportedServices><callControlServList><makeCall/><answerCall/><makeCall/></callControlServList></supportedServices><supportedEvents/></GetCSTAFeaturesResponse>`)
	document, err := Read(body, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := document.Message.(*GetCSTAFeaturesResponse).SupportedServices.CallControlServList.Names(); !slices.Equal(got, []string{"makeCall", "answerCall", "makeCall"}) {
		t.Error(got)
	}
	if _, err := Read(body, ReadOptions{Strict: true}); err == nil {
		t.Error("wrong order is accepted")
	}
}

func TestFlags(t *testing.T) {
	var flags Flags
	flags.Set("held", true)
	flags.Set("delivered", false)
	flags.Set("held", false)
	flags.Set("originated", true)
	if !slices.Equal(flags, Flags{{"delivered", false}, {"held", false}, {"originated", true}}) {
		t.Error(flags)
	}
	if flags.Has("held") || !flags.Has("originated") || flags.Has("failed") {
		t.Error("wrong lookups")
	}
	var none *MonitorFilter
	if none.Excludes(&HeldEvent{}) {
		t.Error("no filter excludes")
	}
}
