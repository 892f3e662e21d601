// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/targetconfig"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// withMusic has held parties hear music, and all lines pick up for each other.
func withMusic(target *targetconfig.Target) {
	target.Config.Media = &configv1.Media{MusicOnHold: configv1.MusicOnHold_MUSIC_ON_HOLD_MUSIC, ConferenceParties: 8}
	for _, line := range target.Config.GetLines() {
		line.PickupGroup = "desk"
	}
}

// TestBaresipServicesMixed: services that need the mixer, at real phones.
func TestBaresipServicesMixed(t *testing.T) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed")
	}
	network := system.NewNetwork(t)
	client := start(t, network, withMusic)
	phone := func(number string, i int) *baresip.Phone {
		p := baresip.Launch(t, settings(network, i, number, "udp"))
		registered(t, client, number)
		return p
	}
	a, b, c := phone("1001", 0), phone("1002", 1), phone("1003", 2)
	d := desk{t, client}
	called := func(number string) {
		t.Helper()
		a.Dial(number)
		b.WaitFor("CALL_INCOMING")
	}
	cleared := func() {
		t.Helper()
		for _, p := range []*baresip.Phone{a, b, c} {
			p.WaitIdle()
			stateAt(t, client, p.Number, null)
			p.Forget()
		}
	}
	mixed := func() {
		t.Helper()
		for _, p := range []*baresip.Phone{a, b, c} {
			waitHearsMixer(t, network, p)
			p.WaitRTPFlows()
		}
	}

	// Hold with music, digits, and a conference out of a consultation.
	called("1002")
	b.Accept()
	talk(a, b)
	_, err := client.HoldCall(t.Context(), &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: d.at("1001", connected)})
	d.must("HoldCall", err)
	waitHearsMixer(t, network, b)
	a.WaitRTPStops()
	_, err = client.RetrieveCall(t.Context(), &phonecontrolv1.RetrieveCallRequest{Target: "cme", CallToBeRetrieved: d.at("1001", hold)})
	d.must("RetrieveCall", err)
	talk(a, b)
	_, err = client.GenerateDigits(t.Context(), &phonecontrolv1.GenerateDigitsRequest{
		Target: "cme", ConnectionToSendDigits: d.at("1001", connected), CharactersToSend: "5",
	})
	d.must("GenerateDigits", err)
	waitDigit(t, b, "5")
	d.consult("1001", "1003")
	c.WaitFor("CALL_INCOMING")
	waitHearsMixer(t, network, b)
	c.Accept()
	talk(a, c)
	_, err = client.ConferenceCall(t.Context(), &phonecontrolv1.ConferenceCallRequest{
		Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
	})
	d.must("ConferenceCall", err)
	mixed()
	_, err = client.GenerateDigits(t.Context(), &phonecontrolv1.GenerateDigitsRequest{
		Target: "cme", ConnectionToSendDigits: d.at("1001", connected), CharactersToSend: "7",
	})
	d.must("GenerateDigits in the conference", err)
	waitDigit(t, b, "7")
	waitDigit(t, c, "7")
	a.Hangup()
	talk(b, c)
	b.Hangup()
	cleared()

	// A third party in one step.
	called("1002")
	b.Accept()
	talk(a, b)
	_, err = client.SingleStepConferenceCall(t.Context(), &phonecontrolv1.SingleStepConferenceCallRequest{
		Target: "cme", ActiveCall: d.at("1002", connected), DeviceToJoin: "1003",
	})
	d.must("SingleStepConferenceCall", err)
	c.WaitFor("CALL_INCOMING")
	c.Accept()
	mixed()
	_, err = client.ClearCall(t.Context(), &phonecontrolv1.ClearCallRequest{Target: "cme", CallToBeCleared: d.at("1001", connected)})
	d.must("ClearCall", err)
	cleared()

	// A call that rings in the group.
	called("1002")
	d.at("1002", alerting)
	_, err = client.GroupPickupCall(t.Context(), &phonecontrolv1.GroupPickupCallRequest{Target: "cme", NewDestination: "1003"})
	d.must("GroupPickupCall", err)
	c.WaitFor("CALL_INCOMING")
	c.Accept()
	b.WaitIdle()
	talk(a, c)
	c.Hangup()
	cleared()
}
