// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"context"
	"net/netip"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/sipline"
	"offhook.dev/services/targetconfig"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// withMixer runs a mixer for the driver, with music on hold.
func withMixer(t *testing.T, network system.Network, music configv1.MusicOnHold) func(*sipline.Options, *targetconfig.Snapshot) {
	t.Helper()
	options := mixer.NewDefaultSettings(netip.MustParseAddr(network.IP(hostServer)))
	options.FirstPort, options.LastPort = mixerPorts(network)
	m, err := mixer.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return func(options *sipline.Options, configured *targetconfig.Snapshot) {
		// baresip on a loopback address of its own sends from 127.0.0.1.
		options.Mixer, options.LatchRTP = m, true
		target, _ := configured.TargetByName("cme")
		target.Config.Media = &configv1.Media{MusicOnHold: music}
	}
}

// waitHearsMixer waits until a phone has received half a second of audio of the
// mixer's more than now.
func waitHearsMixer(t *testing.T, network system.Network, p *baresip.Phone) {
	t.Helper()
	first, last := mixerPorts(network)
	mixed := func() (packets int) {
		for port, n := range p.RTP().ReceivedFrom {
			if port >= int(first) && port <= int(last) {
				packets += n
			}
		}
		return packets
	}
	wanted := mixed() + 25
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(waitLong); mixed() < wanted; <-poll.C {
		if time.Now().After(deadline) {
			t.Fatalf("phone %s hears nothing of the mixer: %+v", p.Number, p.RTP())
		}
	}
}

func inConference(leg callmodel.LegID) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: callmodel.InConference, Conference: "c"}}
}

// waitDigit waits for a digit that the phone was sent.
func waitDigit(t *testing.T, p *baresip.Phone, digit string) {
	t.Helper()
	if got := p.WaitFor("CALL_DTMF_START"); got.Param != digit {
		t.Errorf("phone %s is sent digit %q, want %q", p.Number, got.Param, digit)
	}
}

// TestBaresipMixed: conference, digits, music on hold and transfer at the phone,
// with real phones at the mixer.
func TestBaresipMixed(t *testing.T) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed")
	}
	network := system.NewNetwork(t)
	l := startDriver(t, network, withMixer(t, network, configv1.MusicOnHold_MUSIC_ON_HOLD_MUSIC))
	phone := func(number string, i int) *baresip.Phone {
		p := baresip.Launch(t, settings(network, i, number, "udp"))
		l.want("ServiceChanged " + number + " true")
		return p
	}
	a, b, c := phone("1001", 0), phone("1002", 1), phone("1003", 2)

	// The server makes the call: the caller hears ringback.
	l.on("LegAnswered 1", ring(2, "1002", 1, "1001"), mediaOf(1, callmodel.Ringback))
	l.on("LegAnswered 2", with(1, 2), with(2, 1))
	l.do(callmodel.Ring{Leg: 1, Line: "1001", Shown: callmodel.Party{Number: "1002"}})
	a.WaitFor("CALL_INCOMING")
	a.Accept()
	b.WaitFor("CALL_INCOMING")
	waitHearsMixer(t, network, a)
	b.Accept()
	l.want("MediaSet 2")
	talk(a, b)

	// Digits by INFO, while media run from phone to phone.
	l.do(callmodel.SendDigits{Leg: 2, Digits: "8"})
	waitDigit(t, b, "8")
	l.want("DigitsSent 2")

	// Conference of three.
	l.on("LegAnswered 3", inConference(3))
	l.do(inConference(1), inConference(2), ring(3, "1003", 0, "1001"))
	c.WaitFor("CALL_INCOMING")
	c.Accept()
	l.want("MediaSet 1", "MediaSet 2", "MediaSet 3")
	for _, p := range []*baresip.Phone{a, b, c} {
		p.WaitRTPFlows()
		waitHearsMixer(t, network, p)
	}

	// Digits in RTP: of the server, and of a party to the others.
	l.do(callmodel.SendDigits{Leg: 3, Digits: "4#"})
	waitDigit(t, c, "4")
	waitDigit(t, c, "#")
	l.want("DigitsSent 3")
	b.Command("sndcode", "6")
	l.want("LegDigits 2 6")
	waitDigit(t, a, "6")
	waitDigit(t, c, "6")

	// A user holds and resumes.
	l.on("LegHeld 3", mediaOf(3, callmodel.OnHold))
	l.on("LegRetrieved 3", inConference(3))
	c.Hold()
	l.want("LegHeld 3")
	c.WaitRTPStops()
	waitHearsMixer(t, network, a)
	c.Resume()
	l.want("LegRetrieved 3", "MediaSet 3")
	waitHearsMixer(t, network, c)

	// The third leaves, the others go on from phone to phone.
	c.Hangup()
	l.want("LegEnded 3")
	l.do(with(1, 2), with(2, 1))
	l.want("MediaSet 1", "MediaSet 2")
	talk(a, b)

	// Music on hold.
	l.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	l.want("MediaSet 1", "MediaSet 2")
	waitHearsMixer(t, network, b)
	if got := b.RTP().Direction; got != "recvonly" {
		t.Errorf("the held phone's direction is %s", got)
	}
	a.WaitRTPStops()
	l.do(with(1, 2), with(2, 1))
	l.want("MediaSet 1", "MediaSet 2")
	talk(a, b)

	// Blind transfer with the phone's own key: the far phone rings the third.
	l.on("LegRefers 2 1 1003 0", callmodel.Referred{Refer: 1}, callmodel.Release{Leg: 2, Cause: callmodel.CauseTransfer},
		mediaOf(1, callmodel.Ringback), ring(4, "1003", 1, "1001"))
	l.on("LegAnswered 4", with(1, 4), with(4, 1))
	c.Forget()
	b.Command("transfer", "sip:1003@"+addressOf(network))
	l.want("LegRefers 2 1 1003 0")
	b.WaitIdle()
	c.WaitFor("CALL_INCOMING")
	waitHearsMixer(t, network, a)
	c.Accept()
	talk(a, c)
	a.Hangup()
	l.want("LegEnded 1")
	l.do(callmodel.Release{Leg: 4, Cause: callmodel.CauseNormalClearing})
	c.WaitIdle()
}
