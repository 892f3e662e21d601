// SPDX-License-Identifier: Apache-2.0

package control

import (
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/targetconfig"
)

// Only where all phones of a line are Skinny phones, and the target wants it, do
// calls come to a line that is not to be disturbed.
func TestDoNotDisturbThatIsSilent(t *testing.T) {
	t.Parallel()
	device := func(skinny bool) *configv1.Device {
		if skinny {
			return &configv1.Device{Name: "skinny", Skinny: &configv1.SkinnyPhone{DeviceName: "SEP000000000001", Button: 1}}
		}
		return &configv1.Device{Name: "sip", Username: "1001"}
	}
	for name, test := range map[string]struct {
		devices []*configv1.Device
		silent  bool
		want    bool
	}{
		"Skinny phones":         {[]*configv1.Device{device(true)}, true, true},
		"not wanted":            {[]*configv1.Device{device(true)}, false, false},
		"a SIP phone too":       {[]*configv1.Device{device(true), device(false)}, true, false},
		"without any phone":     {nil, true, false},
		"a SIP phone by itself": {[]*configv1.Device{device(false)}, true, false},
	} {
		config := &configv1.TargetConfig{
			Target: "office", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "office"},
			Driver: &configv1.Driver{
				Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}, Skinny: &configv1.Skinny{DndSilent: test.silent},
			},
			Lines: []*configv1.Line{{Name: "line", Number: "1001", Devices: test.devices}},
		}
		snapshot, err := targetconfig.Build([32]byte{}, config)
		if err != nil {
			t.Fatal(err)
		}
		built, _ := snapshot.TargetByName("office")
		if got := (&target{config: built}).ringsSilently("1001"); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
