// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"io"
	"net"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/skinny"
)

// A Skinny phone that comes to the edge reaches the phone-control that runs its
// target.
func TestASkinnyPhoneReachesPhoneControl(t *testing.T) {
	const device = "SEP001122334455"
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = control.Close() }()
	b := newBed(t, withConfig(func(c *Config) { c.Skinny.Listen = "127.0.0.1:0" }))
	b.targets.Set(testTargets(t, func(config *configv1.TargetConfig) {
		config.Driver = &configv1.Driver{Skinny: &configv1.Skinny{}}
		config.Lines[0].Devices = []*configv1.Device{{Name: "desk", Skinny: &configv1.SkinnyPhone{DeviceName: device, Button: 1}}}
	}))
	b.owners.set("branch", "")
	b.owners.mu.Lock()
	b.owners.leases["branch"] = &statev1.Lease{Target: "branch", Replica: "pc-0", SkinnyEndpoint: control.Addr().String()}
	b.owners.mu.Unlock()

	phone, err := net.Dial("tcp", b.edge.SkinnyAddresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = phone.Close() }()
	words := skinny.Append(nil, &skinny.Register{Phone: skinny.Phone{DeviceName: device}}, skinny.Dialect{Version: skinny.MinVersion})
	if _, err := phone.Write(words); err != nil {
		t.Fatal(err)
	}
	served, err := control.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = served.Close() }()
	_ = served.SetReadDeadline(time.Now().Add(5 * time.Second))
	got := make([]byte, len(words))
	if _, err := io.ReadFull(served, got); err != nil || string(got) != string(words) {
		t.Fatalf("phone-control read %x, %v", got, err)
	}
	b.stop()
	_ = phone.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.Copy(io.Discard, phone); err != nil {
		t.Errorf("the phone's connection: %v", err)
	}
}
