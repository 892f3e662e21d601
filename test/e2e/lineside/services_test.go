// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"testing"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// desk asks for services as csta-session does.
type desk struct {
	t      *testing.T
	client phonecontrolv1.PhoneControlServiceClient
}

// at is the line's connection in the state.
func (d desk) at(line string, state ctiv1.LocalConnectionState) *ctiv1.ConnectionID {
	d.t.Helper()
	deadline := time.Now().Add(waitLong)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		snapshot, err := d.client.SnapshotDevice(d.t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: line})
		for _, connection := range snapshot.GetConnections() {
			if connection.GetLocalConnectionState() == state {
				return connection.GetConnection()
			}
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("line %s has no call that is %s: %v %v", line, state, snapshot, err)
		}
		<-tick.C
	}
}

func (d desk) must(what string, err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
}

func (d desk) consult(line, number string) {
	d.t.Helper()
	_, err := d.client.ConsultationCall(d.t.Context(), &phonecontrolv1.ConsultationCallRequest{
		Target: "cme", ExistingCall: d.at(line, connected), ConsultedDevice: number,
	})
	d.must("ConsultationCall", err)
}

const (
	null      = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL
	alerting  = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING
	connected = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED
	hold      = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD
	queued    = ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_QUEUED
)

// talk waits until two phones hear each other.
func talk(p, q *baresip.Phone) {
	p.WaitHears(q)
	q.WaitHears(p)
}

// TestBaresipServices: services that move calls about, at real phones, with audio
// between exactly those who are to talk.
func TestBaresipServices(t *testing.T) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed")
	}
	network := system.NewNetwork(t)
	client := start(t, network)
	var phones []*baresip.Phone
	for i, number := range []string{"1001", "1002", "1003"} {
		phones = append(phones, baresip.Launch(t, settings(network, i, number, "udp")))
		registered(t, client, number)
	}
	test := func(name string, do func(d desk, a, b, c *baresip.Phone)) {
		t.Run(name, func(t *testing.T) {
			a, b, c := phones[0].In(t), phones[1].In(t), phones[2].In(t)
			d := desk{t, client}
			a.Forget()
			b.Forget()
			c.Forget()
			defer func() { // a fault must not spoil the next test
				for _, p := range []*baresip.Phone{a, b, c} {
					for p.Calls() > 0 {
						p.Hangup()
					}
				}
				for _, p := range []*baresip.Phone{a, b, c} {
					stateAt(t, client, p.Number, null)
				}
			}()
			a.Dial("1002")
			b.WaitFor("CALL_INCOMING")
			b.Accept()
			talk(a, b)
			do(d, a, b, c)
		})
	}
	consulted := func(d desk, a, b, c *baresip.Phone) {
		d.t.Helper()
		d.consult("1001", "1003")
		c.WaitFor("CALL_INCOMING")
		b.WaitRTPStops()
		c.Accept()
		talk(a, c)
		b.WaitRTPStops()
	}

	test("consultation and reconnect", func(d desk, a, b, c *baresip.Phone) {
		consulted(d, a, b, c)
		_, err := client.ReconnectCall(d.t.Context(), &phonecontrolv1.ReconnectCallRequest{
			Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
		})
		d.must("ReconnectCall", err)
		c.WaitIdle()
		talk(a, b)
	})
	test("alternate", func(d desk, a, b, c *baresip.Phone) {
		consulted(d, a, b, c)
		for _, talking := range []*baresip.Phone{b, c} {
			_, err := client.AlternateCall(d.t.Context(), &phonecontrolv1.AlternateCallRequest{
				Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
			})
			d.must("AlternateCall", err)
			talk(a, talking)
		}
	})
	test("transfer", func(d desk, a, b, c *baresip.Phone) {
		consulted(d, a, b, c)
		_, err := client.TransferCall(d.t.Context(), &phonecontrolv1.TransferCallRequest{
			Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
		})
		d.must("TransferCall", err)
		a.WaitIdle()
		talk(b, c)
	})
	test("transfer to a phone that rings", func(d desk, a, b, c *baresip.Phone) {
		d.consult("1001", "1003")
		c.WaitFor("CALL_INCOMING")
		_, err := client.TransferCall(d.t.Context(), &phonecontrolv1.TransferCallRequest{
			Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
		})
		d.must("TransferCall", err)
		a.WaitIdle()
		c.Accept()
		talk(b, c)
	})
	test("single step transfer", func(d desk, a, b, c *baresip.Phone) {
		_, err := client.SingleStepTransferCall(d.t.Context(), &phonecontrolv1.SingleStepTransferCallRequest{
			Target: "cme", ActiveCall: d.at("1001", connected), TransferredTo: "1003",
		})
		d.must("SingleStepTransferCall", err)
		a.WaitIdle()
		c.WaitFor("CALL_INCOMING")
		c.Accept()
		talk(b, c)
	})
	test("held by hand and by service", func(d desk, a, b, c *baresip.Phone) {
		b.Hold()
		d.at("1002", hold)
		a.WaitRTPStops()
		consulted(d, a, b, c)
		_, err := client.ReconnectCall(d.t.Context(), &phonecontrolv1.ReconnectCallRequest{
			Target: "cme", ActiveCall: d.at("1001", connected), HeldCall: d.at("1001", hold),
		})
		d.must("ReconnectCall", err)
		c.WaitIdle()
		b.Resume()
		d.at("1002", connected)
		talk(a, b)
	})
	test("held by hand, not to be retrieved by service", func(d desk, a, b, _ *baresip.Phone) {
		a.Hold()
		d.at("1001", hold)
		b.WaitRTPStops()
		// This phone offers to send only as long as its user holds the call.
		_, err := client.RetrieveCall(d.t.Context(), &phonecontrolv1.RetrieveCallRequest{
			Target: "cme", CallToBeRetrieved: d.at("1001", hold),
		})
		if answer := ctierr.FromError(err); answer == nil || answer.Value != "resourceBusy" {
			d.t.Errorf("RetrieveCall gave %v", err)
		}
		a.Resume()
		talk(a, b)
	})
	test("park and pick up", func(d desk, a, b, _ *baresip.Phone) {
		_, err := client.ParkCall(d.t.Context(), &phonecontrolv1.ParkCallRequest{
			Target: "cme", Parking: d.at("1001", connected), ParkTo: "1003",
		})
		d.must("ParkCall", err)
		a.WaitIdle()
		b.WaitRTPStops()
		_, err = client.DirectedPickupCall(d.t.Context(), &phonecontrolv1.DirectedPickupCallRequest{
			Target: "cme", RequestingDevice: "1001", CallToBePickedUp: d.at("1003", queued),
		})
		d.must("DirectedPickupCall", err)
		a.WaitFor("CALL_INCOMING")
		a.Accept()
		talk(a, b)
	})

	ringing := func(name string, do func(d desk, a, b, c *baresip.Phone)) {
		test(name, func(d desk, a, b, c *baresip.Phone) {
			a.Hangup()
			for _, p := range []*baresip.Phone{a, b} {
				p.WaitIdle()
				stateAt(d.t, client, p.Number, null)
				p.Forget()
			}
			a.Dial("1002")
			b.WaitFor("CALL_INCOMING")
			do(d, a, b, c)
		})
	}
	ringing("deflect", func(d desk, a, b, c *baresip.Phone) {
		_, err := client.DeflectCall(d.t.Context(), &phonecontrolv1.DeflectCallRequest{
			Target: "cme", CallToBeDiverted: d.at("1002", alerting), NewDestination: "1003",
		})
		d.must("DeflectCall", err)
		b.WaitIdle()
		c.WaitFor("CALL_INCOMING")
		c.Accept()
		talk(a, c)
	})
	ringing("directed pickup", func(d desk, a, b, c *baresip.Phone) {
		_, err := client.DirectedPickupCall(d.t.Context(), &phonecontrolv1.DirectedPickupCallRequest{
			Target: "cme", RequestingDevice: "1003", CallToBePickedUp: d.at("1002", alerting),
		})
		d.must("DirectedPickupCall", err)
		c.WaitFor("CALL_INCOMING")
		c.Accept()
		b.WaitIdle()
		talk(a, c)
	})
}
