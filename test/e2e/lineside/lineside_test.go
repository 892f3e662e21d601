// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
	"offhook.dev/services/phone-control/replica"
	"offhook.dev/services/targetconfig"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

const waitLong = 20 * time.Second

// snapshot renders a target with lines 1001 to 1003.
func snapshot(t *testing.T) *targetconfig.Snapshot {
	t.Helper()
	var key [32]byte
	rendered := &configv1.TargetConfig{
		Target: "cme", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "cme"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}},
	}
	for _, number := range []string{"1001", "1002", "1003"} {
		password := fmt.Appendf(nil, "%s:cme:secret", number)
		m, sha := md5.Sum(password), sha256.Sum256(password)
		secret, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: hex.EncodeToString(m[:]), Ha1Sha256: hex.EncodeToString(sha[:])})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Seal(key, secret, seal.DevicePlace("cme", number, number))
		if err != nil {
			t.Fatal(err)
		}
		rendered.Lines = append(rendered.Lines, &configv1.Line{
			Name: number, Number: number, DisplayName: "Line " + number,
			Devices: []*configv1.Device{{Name: number, Username: number, Credential: &configv1.SealedCredential{Sealed: sealed}}},
		})
	}
	snapshot, err := targetconfig.Build(key, rendered)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// Hosts of a test's network: the server with its mixer, and the first phone.
const (
	hostServer = 1
	hostPhones = 11
)

// addressOf is where the server of a network is.
func addressOf(network system.Network) string { return network.IP(hostServer) + ":5060" }

// settings are those of a network's phone, 0 to 3.
func settings(network system.Network, i int, number, transport string) baresip.Settings {
	address := addressOf(network)
	return baresip.Settings{
		Number: number, Password: "secret", Domain: address, Registrar: address, Transport: transport,
		IP: network.IP(hostPhones + i), RTPPortBase: network.RTPPorts(i),
	}
}

// mixerPorts are the RTP ports of a network's mixer, in which no phone has any.
func mixerPorts(network system.Network) (first, last uint16) {
	first = uint16(network.RTPPorts(4))
	return first, first + 99
}

// start runs a replica.
func start(t *testing.T, network system.Network, change ...func(*targetconfig.Target)) phonecontrolv1.PhoneControlServiceClient {
	t.Helper()
	rendered := snapshot(t)
	for _, f := range change {
		target, _ := rendered.TargetByName("cme")
		f(target)
	}
	connected := bustest.Run(t).Connect(t)
	logger := slog.New(slog.DiscardHandler)
	leases, err := directory.New(directory.Options{Bus: connected, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	config := replica.NewDefaultConfig()
	config.SIP.Listen = addressOf(network)
	config.RTP.FirstPort, config.RTP.LastPort = mixerPorts(network)
	r, err := replica.New(config, replica.Dependencies{
		Replica: &statev1.Replica{Id: "pc-0", Service: directory.PhoneControl}, Bus: connected, Leases: leases,
		Source: targetconfig.NewStatic(rendered), Logger: logger, Registerer: prometheus.NewRegistry(), Product: "Offhook/test",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	serving, stop := context.WithCancel(ctx)
	watched, served := make(chan struct{}), make(chan struct{})
	go func() { defer close(watched); _ = leases.Run(ctx) }()
	go func() { defer close(served); _ = r.Run(serving) }()
	t.Cleanup(func() { stop(); <-served; cancel(); <-watched })
	client := phonecontrolv1.NewPhoneControlServiceClient(link.Direct(r.Register))
	// A phone that is refused while the target has no owner tries again much later.
	stateAt(t, client, "1001", ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL)
	return client
}

// stateAt waits until the line's only call is in the state.
func stateAt(t *testing.T, client phonecontrolv1.PhoneControlServiceClient, line string, want ctiv1.LocalConnectionState) {
	t.Helper()
	deadline := time.Now().Add(waitLong)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		snapshot, err := client.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: line})
		if err == nil {
			calls := snapshot.GetConnections()
			if len(calls) == 0 && want == ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL ||
				len(calls) == 1 && calls[0].GetLocalConnectionState() == want {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("line %s is not %s: %v %v", line, want, snapshot, err)
		}
		<-tick.C
	}
}

// registered waits until the line has a phone.
func registered(t *testing.T, client phonecontrolv1.PhoneControlServiceClient, line string) {
	t.Helper()
	deadline := time.Now().Add(waitLong)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := client.ListRegistrations(t.Context(), &phonecontrolv1.ListRegistrationsRequest{Target: "cme"})
		for _, registration := range list.GetRegistrations() {
			if registration.GetLine() == line {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("line %s has no phone: %v %v", line, list, err)
		}
		<-tick.C
	}
}

func TestBaresip(t *testing.T) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed")
	}
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			network := system.NewNetwork(t)
			client := start(t, network)
			phone := func(number string, i int) *baresip.Phone {
				p := baresip.Launch(t, settings(network, i, number, transport))
				registered(t, client, number)
				return p
			}
			a, b := phone("1001", 0), phone("1002", 1)

			// By hand.
			a.Dial("1002")
			b.WaitFor("CALL_INCOMING")
			stateAt(t, client, "1002", alerting)
			b.Accept()
			stateAt(t, client, "1002", connected)
			a.WaitRTPFlows()
			b.WaitRTPFlows()
			a.Hold()
			stateAt(t, client, "1001", hold)
			b.WaitRTPStops()
			a.Resume()
			stateAt(t, client, "1001", connected)
			b.WaitRTPFlows()
			b.Hangup()
			stateAt(t, client, "1001", null)

			// By services.
			response, err := client.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{
				Target: "cme", CallingDevice: "1001", CalledDirectoryNumber: "1002",
			})
			if err != nil {
				t.Fatal(err)
			}
			own := response.GetCallingDevice()
			a.WaitFor("CALL_INCOMING")
			a.Accept()
			b.WaitFor("CALL_INCOMING")
			b.Accept()
			stateAt(t, client, "1002", connected)
			a.WaitRTPFlows()
			b.WaitRTPFlows()
			if _, err := client.HoldCall(t.Context(), &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: own}); err != nil {
				t.Fatal(err)
			}
			a.WaitRTPStops()
			b.WaitRTPStops()
			if _, err := client.RetrieveCall(t.Context(), &phonecontrolv1.RetrieveCallRequest{Target: "cme", CallToBeRetrieved: own}); err != nil {
				t.Fatal(err)
			}
			a.WaitRTPFlows()
			b.WaitRTPFlows()
			if _, err := client.ClearConnection(t.Context(), &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: own}); err != nil {
				t.Fatal(err)
			}
			stateAt(t, client, "1002", null)

			// Refused, and given up.
			a.Dial("1002")
			b.WaitFor("CALL_INCOMING")
			b.Hangup()
			stateAt(t, client, "1001", null)
			a.Dial("1002")
			b.WaitFor("CALL_INCOMING")
			stateAt(t, client, "1002", alerting)
			a.Hangup()
			stateAt(t, client, "1002", null)
		})
	}
}
