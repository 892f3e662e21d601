// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

func place(deviceName string, button uint32) *configv1.SkinnyPhone {
	return &configv1.SkinnyPhone{DeviceName: deviceName, Button: button}
}

func skinnyDevice(name string, phone *configv1.SkinnyPhone) *configv1.Device {
	return &configv1.Device{Name: name, Skinny: phone}
}

const (
	deskPhone    = "SEP001122334455"
	kitchenPhone = "SEP00AABBCCDDEE"
)

// floor has a SIP phone and a Skinny phone at line 1001, which line 1002 shares
// with a second Skinny phone, and a line to give away.
func floor(t *testing.T, name string, domain string) *configv1.TargetConfig {
	t.Helper()
	c := config(t, name, "1", domain)
	c.Driver = &configv1.Driver{
		Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}},
		Skinny: &configv1.Skinny{AutoAssign: []string{"1009"}, TimeZone: "Europe/Vienna"},
	}
	first := place(deskPhone, 2)
	first.Model = "7970"
	first.Buttons = []*configv1.SkinnyButton{
		{Button: 6, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB},
		{Button: 3, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL, Number: "1002"},
	}
	second := place(deskPhone, 1)
	second.Buttons = []*configv1.SkinnyButton{{Button: 4, Type: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_FORWARD_ALL}}
	kitchen := place(kitchenPhone, 1)
	kitchen.SilentRing = true
	c.Lines[0].Devices = []*configv1.Device{skinnyDevice("desk", second), skinnyDevice("kitchen", kitchen)}
	c.Lines[1].Devices = append(c.Lines[1].Devices, skinnyDevice("skinny", first))
	c.Lines = append(c.Lines, &configv1.Line{Name: "line-1009", Number: "1009"})
	return c
}

func TestSnapshotFindsSkinnyPhones(t *testing.T) {
	branch := config(t, "branch", "1", "*")
	branch.Driver = &configv1.Driver{Skinny: &configv1.Skinny{}}
	snapshot, err := Build(testKey, floor(t, "office", "office.example"), branch)
	if err != nil {
		t.Fatal(err)
	}
	office, _ := snapshot.TargetByName("office")
	phone, ok := snapshot.SkinnyPhone(deskPhone)
	if !ok || phone.Target != office || phone.Model != "7970" || phone.DeviceName != deskPhone {
		t.Fatalf("phone %+v, %v", phone, ok)
	}
	if len(phone.Lines) != 2 || phone.Lines[0].Line.GetNumber() != "1002" || phone.Lines[0].Button != 1 || phone.Lines[1].Line.GetNumber() != "1001" {
		t.Errorf("lines %+v", phone.Lines)
	}
	var buttons []uint32
	for _, button := range phone.Buttons {
		buttons = append(buttons, button.GetButton())
	}
	if len(buttons) != 3 || buttons[0] != 3 || buttons[1] != 4 || buttons[2] != 6 {
		t.Errorf("buttons %v", buttons)
	}
	if own, ok := office.SkinnyPhone(kitchenPhone); !ok || !own.Lines[0].SilentRing || own.Lines[0].Line != phone.Lines[0].Line {
		t.Errorf("kitchen phone %+v, %v", own, ok)
	}
	if all := office.SkinnyPhones(); len(all) != 2 || all[0] != phone || all[1].DeviceName != kitchenPhone {
		t.Errorf("phones %v", all)
	}
	other, _ := snapshot.TargetByName("branch")
	if _, ok := other.SkinnyPhone(deskPhone); ok || len(other.SkinnyPhones()) != 0 {
		t.Error("the branch has the office's phones")
	}
	if _, ok := snapshot.SkinnyPhone("SEP000000000000"); ok {
		t.Error("an unknown phone is found")
	}
	if _, ok := office.Device(""); ok {
		t.Error("a Skinny phone is found by digest user name")
	}
	if device, ok := office.Device("phone1001"); !ok || device.Secret.HA1MD5 == "" {
		t.Errorf("the SIP phone beside them: %v, %v", device, ok)
	}
	if target, ok := snapshot.SkinnyAutoAssignTarget(); !ok || target != office {
		t.Errorf("target of unknown phones %v, %v", target, ok)
	}
}

func TestHasLongerLine(t *testing.T) {
	c := config(t, "office", "1", "office.example")
	c.Lines = nil
	for _, number := range []string{"10", "1001", "10010", "2", "30", "31"} {
		c.Lines = append(c.Lines, &configv1.Line{Name: "line-" + number, Number: number})
	}
	c.Users = nil
	snapshot, err := Build(testKey, c)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("office")
	for digits, want := range map[string]bool{
		"1": true, "10": true, "100": true, "1001": true, "10010": false, "100100": false, "2": false, "20": false, "3": true, "30": false, "4": false,
	} {
		if got := target.HasLongerLine(digits); got != want {
			t.Errorf("%s: %v, want %v", digits, got, want)
		}
	}
}

func TestOnlyOneTargetTakesUnknownSkinnyPhones(t *testing.T) {
	second := floor(t, "second", "second.example")
	second.Lines[0].Devices, second.Lines[1].Devices = nil, second.Lines[1].Devices[:1]
	snapshot, err := Build(testKey, floor(t, "office", "office.example"), second)
	if err != nil {
		t.Fatal(err)
	}
	if target, ok := snapshot.SkinnyAutoAssignTarget(); ok || target != nil {
		t.Errorf("target %v", target)
	}
	if _, ok := (&Snapshot{}).SkinnyAutoAssignTarget(); ok {
		t.Error("an empty snapshot takes phones")
	}
}

func TestBuildRefusesFaultsOfSkinnyPhones(t *testing.T) {
	desk := func(c *configv1.TargetConfig) *configv1.SkinnyPhone { return c.Lines[0].Devices[0].Skinny }
	for name, test := range map[string]struct {
		spoil func(*configv1.TargetConfig)
		want  string
	}{
		"no SEP":              {func(c *configv1.TargetConfig) { desk(c).DeviceName = "ATA001122334455" }, "not SEP and 12"},
		"lower case":          {func(c *configv1.TargetConfig) { c.Lines[0].Devices[1].Skinny.DeviceName = "SEP00aabbccddee" }, "not SEP and 12"},
		"short":               {func(c *configv1.TargetConfig) { desk(c).DeviceName = "SEP00112233445" }, "not SEP and 12"},
		"two lines, button":   {func(c *configv1.TargetConfig) { desk(c).Button = 2 }, "button 2 of SEP001122334455 is taken"},
		"line and speed dial": {func(c *configv1.TargetConfig) { desk(c).Button = 3 }, "button 3 of SEP001122334455 is taken"},
		"two other buttons":   {func(c *configv1.TargetConfig) { desk(c).Buttons[0].Button = 6 }, "button 6 of SEP001122334455 is taken"},
		"button zero":         {func(c *configv1.TargetConfig) { desk(c).Button = 0 }, "not within 1 to 42"},
		"button 43":           {func(c *configv1.TargetConfig) { desk(c).Buttons[0].Button = 43 }, "not within 1 to 42"},
		"two models":          {func(c *configv1.TargetConfig) { desk(c).Model = "7911" }, `has the model "`},
		"line twice": {func(c *configv1.TargetConfig) {
			c.Lines[0].Devices = append(c.Lines[0].Devices, skinnyDevice("again", place(deskPhone, 9)))
		}, "has the line on another button"},
		"credential":       {func(c *configv1.TargetConfig) { c.Lines[1].Devices[0].Skinny = place("SEP111122334455", 1) }, "both a SIP phone and"},
		"user name":        {func(c *configv1.TargetConfig) { c.Lines[0].Devices[1].Username = "x" }, "both a SIP phone and"},
		"empty speed dial": {func(c *configv1.TargetConfig) { c.Lines[1].Devices[1].Skinny.Buttons[1].Number = "" }, "speed dial without a number"},
		"button's type":    {func(c *configv1.TargetConfig) { desk(c).Buttons[0].Type = 0 }, "no type that this version knows"},
		"no skinny":        {func(c *configv1.TargetConfig) { c.Driver.Skinny = nil }, "driver.skinny is not set"},
		"simulated": {func(c *configv1.TargetConfig) {
			c.Driver.Driver = &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}
		}, "simulated phones and Skinny phones"},
		"auto assign unknown": {func(c *configv1.TargetConfig) { c.Driver.Skinny.AutoAssign = []string{"4711"} }, "number 4711 is no line"},
		"auto assign taken":   {func(c *configv1.TargetConfig) { c.Driver.Skinny.AutoAssign = []string{"1002"} }, "has a Skinny phone of its own"},
		"auto assign twice":   {func(c *configv1.TargetConfig) { c.Driver.Skinny.AutoAssign = []string{"1009", "1009"} }, "named twice"},
		"auto assign routeing": {func(c *configv1.TargetConfig) {
			c.Lines[2].Kind = configv1.LineKind_LINE_KIND_ROUTEING
		}, "is a routeing line"},
		"version":   {func(c *configv1.TargetConfig) { c.Driver.Skinny.MaxProtocolVersion = 23 }, "max_protocol_version 23"},
		"time zone": {func(c *configv1.TargetConfig) { c.Driver.Skinny.TimeZone = "Mars/Base" }, `time_zone "Mars/Base"`},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := floor(t, "office", "office.example")
			test.spoil(faulty)
			if _, err := Build(testKey, faulty); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	second := floor(t, "second", "second.example")
	_, err := Build(testKey, floor(t, "office", "office.example"), second)
	if err == nil || !strings.Contains(err.Error(), `phone SEP001122334455 is one of target "office" already`) {
		t.Errorf("one phone of two targets: %v", err)
	}
}
