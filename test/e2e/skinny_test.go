// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// hall is a system with Skinny phones at 2001 and 2002 beside the SIP phone of
// 1001.
type hall struct {
	*system.System
	phone1001            *baresip.Phone
	phone2001, phone2002 *skinnyphone.Phone
}

func newHall(t *testing.T, form system.Form) *hall {
	t.Helper()
	text := manifests()
	text["target.yaml"] = strings.Replace(text["target.yaml"], "    type: sipLine\n", "    type: sipLine\n    skinny: {}\n", 1)
	text["skinny.yaml"] = skinnyLine("2001") + "---\n" + skinnyLine("2002") + "---\n" + user("dave", "1001 2001 2002", "monitor, control")
	h := &hall{System: system.Start(t, binaries, form, text)}
	l := &lab{System: h.System}
	h.phone1001 = l.launch(t, 0, "1001", "udp")
	h.phone1001.WaitRegistered()
	h.phone2001, h.phone2002 = h.plug(t, 1, "2001"), h.plug(t, 2, "2002")
	return h
}

func skinnyLine(number string) string {
	return `apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-` + number + `}
spec: {target: lab, number: "` + number + `", devices: [{name: desk, skinny: {mac: SEP00000000` + number + `}}]}
`
}

// plug registers the i-th phone.
func (h *hall) plug(t *testing.T, i int, number string) *skinnyphone.Phone {
	t.Helper()
	phone, err := skinnyphone.Dial(bounded(t), skinnyphone.Options{
		Server: h.Skinny, DeviceName: "SEP00000000" + number, LocalAddress: netip.MustParseAddr(h.Network.IP(11 + i)),
		Codecs: []skinny.Capability{skinny.CapabilityG711MuLaw, skinny.CapabilityG711ALaw},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phone.Close)
	return phone
}

// hears waits until more RTP comes to a Skinny phone.
func hears(t *testing.T, phone *skinnyphone.Phone) {
	t.Helper()
	packets := func() (n uint64) {
		for _, stream := range phone.Snapshot().Streams {
			n += stream.Counters.PacketsReceived
		}
		return n
	}
	start, again := packets(), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for ctx := bounded(t); packets() < start+5; {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("no RTP comes:\n%s", phone.Snapshot())
		}
	}
}

// TestSkinnyAndRealPhones has an application command Skinny phones with nobody at
// them, in calls with each other and with a real SIP phone. With four processes
// they reach phone-control through the edge.
func TestSkinnyAndRealPhones(t *testing.T) {
	forEachForm(t, func(t *testing.T, form system.Form) {
		h := newHall(t, form)
		a := open(t, h.System, "dave", "2001")
		first, second, desk := a.monitor("2001"), a.monitor("2002"), a.monitor("1001")

		// Skinny to SIP: the user of the SIP phone answers, hold and retrieve by service.
		connection := a.makeCall("2001", "1001", false)
		h.phone1001.WaitFor("CALL_INCOMING")
		h.phone1001.Accept()
		h.phone1001.WaitFor("CALL_ESTABLISHED")
		first.expect("ServiceInitiated 1/2001 initiated makeCall", "Originated 1/2001 connected newCall 2001>1001",
			"Delivered 1/1001 connected newCall 2001>1001", "Established 1/1001 connected newCall 2001>1001")
		desk.expect("Delivered 1/1001 alerting newCall 2001>1001", "Established 1/1001 connected newCall 2001>1001")
		h.phone1001.WaitRTPFlows()
		hears(t, h.phone2001)
		must(t, a.HoldCall(bounded(t), connection))
		first.expect("Held 1/2001 hold normal")
		desk.expect("Held 1/2001 connected normal")
		h.phone1001.WaitRTPStops()
		must(t, a.RetrieveCall(bounded(t), connection))
		first.expect("Retrieved 1/2001 connected normal")
		desk.expect("Retrieved 1/2001 connected normal")
		h.phone1001.WaitRTPFlows()
		hears(t, h.phone2001)
		// Hold at the SIP phone.
		h.phone1001.Hold()
		first.expect("Held 1/1001 connected keyOperation")
		desk.expect("Held 1/1001 hold keyOperation")
		h.phone1001.Resume()
		first.expect("Retrieved 1/1001 connected keyOperation")
		desk.expect("Retrieved 1/1001 connected keyOperation")
		h.phone1001.WaitRTPFlows()
		must(t, a.ClearConnection(bounded(t), connection))
		h.phone1001.WaitFor("CALL_CLOSED")
		first.expect("ConnectionCleared 1/2001 null normalClearing")
		desk.expect("ConnectionCleared 1/2001 connected normalClearing", "ConnectionCleared 1/1001 null normalClearing")

		// SIP to Skinny: the application answers there.
		h.phone1001.Dial("2002")
		second.expect("Delivered 2/2002 alerting newCall 1001>2002")
		must(t, a.AnswerCall(bounded(t), a.connection(2, "2002")))
		h.phone1001.WaitFor("CALL_ESTABLISHED")
		second.expect("Established 2/2002 connected newCall 1001>2002")
		h.phone1001.WaitRTPFlows()
		hears(t, h.phone2002)
		h.phone1001.Hangup()
		second.expect("ConnectionCleared 2/1001 connected normalClearing", "ConnectionCleared 2/2002 null normalClearing")

		// Skinny to Skinny, nobody at either.
		connection = a.makeCall("2001", "2002", false)
		second.expect("Delivered 3/2002 alerting newCall 2001>2002")
		must(t, a.AnswerCall(bounded(t), a.connection(3, "2002")))
		second.expect("Established 3/2002 connected newCall 2001>2002")
		hears(t, h.phone2001)
		hears(t, h.phone2002)
		must(t, a.ClearConnection(bounded(t), connection))
		second.expect("ConnectionCleared 3/2001 connected normalClearing", "ConnectionCleared 3/2002 null normalClearing")
		for _, phone := range []*skinnyphone.Phone{h.phone2001, h.phone2002} {
			if faults := phone.Snapshot().Faults; len(faults) > 0 {
				t.Errorf("a phone could not obey: %q", faults)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
