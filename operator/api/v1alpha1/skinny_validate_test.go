// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"offhook.dev/operator/api/v1alpha1"
)

func skinny(name, mac string) v1alpha1.LineDevice {
	return v1alpha1.LineDevice{Name: name, Skinny: &v1alpha1.SkinnyDevice{MAC: mac}}
}

// skinnyLine is a line with one Skinny phone, which the case changes.
func skinnyLine(change func(*v1alpha1.SkinnyDevice)) field.ErrorList {
	return line(func(s *v1alpha1.LineSpec) {
		s.Devices = []v1alpha1.LineDevice{skinny("desk", "0011.2233.4455")}
		change(s.Devices[0].Skinny)
	})
}

func skinnyTarget(change func(*v1alpha1.SkinnyDriver)) field.ErrorList {
	return target(func(s *v1alpha1.CMETargetSpec) {
		s.Driver = v1alpha1.TargetDriver{Type: "skinny", Skinny: &v1alpha1.SkinnyDriver{}}
		change(s.Driver.Skinny)
	})
}

func TestValidateSkinny(t *testing.T) {
	button := func(number int32, kind v1alpha1.SkinnyButtonType, dials string) v1alpha1.SkinnyButton {
		return v1alpha1.SkinnyButton{Button: number, Type: kind, Number: dials}
	}
	cases := []faultCase{
		{"skinny alone", target(func(s *v1alpha1.CMETargetSpec) { s.Driver.Type = "skinny" }), nil},
		{"skinny beside SIP", target(func(s *v1alpha1.CMETargetSpec) { s.Driver.Skinny = &v1alpha1.SkinnyDriver{} }), nil},
		{"all settings", skinnyTarget(func(d *v1alpha1.SkinnyDriver) {
			*d = v1alpha1.SkinnyDriver{
				Keepalive: duration(5 * time.Second), NoAnswerTimeout: duration(time.Second), PromptTimeout: duration(10 * time.Minute), InterdigitTimeout: duration(2 * time.Minute),
				MaxProtocolVersion: new(int32(3)), DateTemplate: "Y-M-DA", TimeZone: "America/Argentina/Buenos_Aires", AutoAssign: []string{"1001", "A2"}, Voicemail: "*98#", DNDSilent: true,
			}
		}), nil},
		{"skinny with simulated", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver = v1alpha1.TargetDriver{Type: "simulated", Skinny: &v1alpha1.SkinnyDriver{}}
		}), []string{"FieldValueForbidden spec.driver.skinny"}},
		{"SIP settings of skinny", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver = v1alpha1.TargetDriver{Type: "skinny", SIPLine: &v1alpha1.SIPLineDriver{}}
		}), []string{"FieldValueForbidden spec.driver.sipLine"}},
		{"timeouts beside SIP", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver.Skinny = &v1alpha1.SkinnyDriver{NoAnswerTimeout: duration(time.Minute), PromptTimeout: duration(time.Minute)}
		}), []string{"FieldValueForbidden spec.driver.skinny.noAnswerTimeout", "FieldValueForbidden spec.driver.skinny.promptTimeout"}},
		{"times", skinnyTarget(func(d *v1alpha1.SkinnyDriver) {
			d.Keepalive, d.NoAnswerTimeout, d.PromptTimeout, d.InterdigitTimeout = duration(time.Second), duration(0), duration(time.Hour), duration(0)
		}), []string{
			"FieldValueInvalid spec.driver.skinny.keepalive", "FieldValueInvalid spec.driver.skinny.noAnswerTimeout",
			"FieldValueInvalid spec.driver.skinny.promptTimeout", "FieldValueInvalid spec.driver.skinny.interdigitTimeout",
		}},
		{"versions", skinnyTarget(func(d *v1alpha1.SkinnyDriver) { d.MaxProtocolVersion = new(int32(23)) }), []string{"FieldValueInvalid spec.driver.skinny.maxProtocolVersion"}},
		{"clock", skinnyTarget(func(d *v1alpha1.SkinnyDriver) { d.DateTemplate, d.TimeZone = "D/D/Y", "Vienna" }), []string{
			"FieldValueInvalid spec.driver.skinny.dateTemplate", "FieldValueInvalid spec.driver.skinny.timeZone",
		}},
		{"zone of the machine", skinnyTarget(func(d *v1alpha1.SkinnyDriver) { d.TimeZone = "Local" }), []string{"FieldValueInvalid spec.driver.skinny.timeZone"}},
		{"auto assign", skinnyTarget(func(d *v1alpha1.SkinnyDriver) { d.AutoAssign = []string{"1", "1", "a b"} }), []string{
			"FieldValueDuplicate spec.driver.skinny.autoAssign[1]", "FieldValueInvalid spec.driver.skinny.autoAssign[2]",
		}},
		{"voicemail", skinnyTarget(func(d *v1alpha1.SkinnyDriver) { d.Voicemail = "mail" }), []string{"FieldValueInvalid spec.driver.skinny.voicemail"}},

		{"skinny phone", skinnyLine(func(*v1alpha1.SkinnyDevice) {}), nil},
		{"phone with all", skinnyLine(func(d *v1alpha1.SkinnyDevice) {
			d.Model, d.Button, d.SilentRing = "CP-7941G GE", new(int32(42)), true
			d.Buttons = []v1alpha1.SkinnyButton{button(1, "speedDial", "+1425"), button(2, "blfSpeedDial", "1002"), button(3, "doNotDisturb", ""), button(4, "forwardAll", "")}
		}), nil},
		{"neither", line(func(s *v1alpha1.LineSpec) { s.Devices = []v1alpha1.LineDevice{{Name: "desk"}} }), []string{"FieldValueRequired spec.devices[0].sip"}},
		{"both", line(func(s *v1alpha1.LineSpec) { s.Devices[0].Skinny = skinny("", "001122334455").Skinny }), []string{"FieldValueForbidden spec.devices[0].skinny"}},
		{"no MAC", skinnyLine(func(d *v1alpha1.SkinnyDevice) { d.MAC = "" }), []string{"FieldValueRequired spec.devices[0].skinny.mac"}},
		{"half a MAC", skinnyLine(func(d *v1alpha1.SkinnyDevice) { d.MAC = "00:11:22:33:44" }), []string{"FieldValueInvalid spec.devices[0].skinny.mac"}},
		{"model", skinnyLine(func(d *v1alpha1.SkinnyDevice) { d.Model = "7970\n" }), []string{"FieldValueInvalid spec.devices[0].skinny.model"}},
		{"button 0", skinnyLine(func(d *v1alpha1.SkinnyDevice) { d.Button = new(int32(0)) }), []string{"FieldValueInvalid spec.devices[0].skinny.button"}},
		{"one phone twice", line(func(s *v1alpha1.LineSpec) {
			s.Devices = []v1alpha1.LineDevice{skinny("desk", "0011.2233.4455"), skinny("again", "sep001122334455")}
		}), []string{"FieldValueInvalid spec.devices[1].skinny.mac"}},
		{"buttons", skinnyLine(func(d *v1alpha1.SkinnyDevice) {
			d.Buttons = []v1alpha1.SkinnyButton{
				button(1, "forwardAll", ""), button(2, "speedDial", "1 2"), button(2, "blfSpeedDial", ""), button(43, "doNotDisturb", "1"), button(3, "line", ""),
			}
			d.Buttons[0].Label = strings.Repeat("x", 40)
		}), []string{
			"FieldValueInvalid spec.devices[0].skinny.buttons[0].label", "FieldValueInvalid spec.devices[0].skinny.buttons[0].button",
			"FieldValueInvalid spec.devices[0].skinny.buttons[1].number",
			"FieldValueRequired spec.devices[0].skinny.buttons[2].number", "FieldValueInvalid spec.devices[0].skinny.buttons[2].button",
			"FieldValueInvalid spec.devices[0].skinny.buttons[3].button", "FieldValueForbidden spec.devices[0].skinny.buttons[3].number",
			"FieldValueNotSupported spec.devices[0].skinny.buttons[4].type",
		}},
		{"many buttons", skinnyLine(func(d *v1alpha1.SkinnyDevice) {
			for i := range int32(42) {
				d.Buttons = append(d.Buttons, button(i+1, "doNotDisturb", ""))
			}
			d.Button = new(int32(42))
		}), []string{"FieldValueTooMany spec.devices[0].skinny.buttons", "FieldValueInvalid spec.devices[0].skinny.buttons[41].button"}},
	}
	checkFaults(t, cases)
}

func TestDeviceNameOfMAC(t *testing.T) {
	for mac, want := range map[string]string{
		"0011.2233.aabb": "SEP00112233AABB", "00:11:22:33:aA:bB": "SEP00112233AABB", "00112233AABB": "SEP00112233AABB",
		"SEP00112233AABB": "SEP00112233AABB", "sep00112233aabb": "SEP00112233AABB",
		"": "", "SEP": "", "00112233AAB": "", "00112233AABBC": "", "0011-2233-AABB": "", "00:11.2233.AABB": "", "GG112233AABB": "", "SEP0011.2233.AABB": "",
	} {
		if got := (&v1alpha1.SkinnyDevice{MAC: mac}).DeviceName(); got != want {
			t.Errorf("%q: %q, want %q", mac, got, want)
		}
	}
}

func TestSkinnyDefaults(t *testing.T) {
	alone := &v1alpha1.CMETarget{Spec: v1alpha1.CMETargetSpec{Driver: v1alpha1.TargetDriver{Type: v1alpha1.DriverSkinny}}}
	alone.SetDefaults()
	beside := &v1alpha1.CMETarget{Spec: v1alpha1.CMETargetSpec{Driver: v1alpha1.TargetDriver{Skinny: &v1alpha1.SkinnyDriver{}}}}
	beside.SetDefaults()
	plain := &v1alpha1.CMETarget{}
	plain.SetDefaults()
	want := v1alpha1.SkinnyDriver{
		Keepalive: duration(30 * time.Second), InterdigitTimeout: duration(10 * time.Second), MaxProtocolVersion: new(int32(22)), DateTemplate: "D/M/Y", TimeZone: "UTC",
	}
	if diff := cmp.Diff(&want, beside.Spec.Driver.Skinny); diff != "" {
		t.Errorf("defaults beside SIP (-want +got):\n%s", diff)
	}
	want.NoAnswerTimeout, want.PromptTimeout = duration(3*time.Minute), duration(30*time.Second)
	if diff := cmp.Diff(v1alpha1.TargetDriver{Type: v1alpha1.DriverSkinny, Skinny: &want}, alone.Spec.Driver); diff != "" {
		t.Errorf("defaults alone (-want +got):\n%s", diff)
	}
	if plain.Spec.Driver.HasSkinny() || !alone.Spec.Driver.HasSkinny() || !beside.Spec.Driver.HasSkinny() {
		t.Error("who has Skinny phones")
	}
	phones := &v1alpha1.Line{Spec: v1alpha1.LineSpec{Devices: []v1alpha1.LineDevice{skinny("a", "x"), skinny("b", "y")}}}
	phones.Spec.Devices[1].Skinny.Button = new(int32(7))
	phones.SetDefaults()
	if *phones.Spec.Devices[0].Skinny.Button != 1 || *phones.Spec.Devices[1].Skinny.Button != 7 {
		t.Errorf("buttons %d and %d", *phones.Spec.Devices[0].Skinny.Button, *phones.Spec.Devices[1].Skinny.Button)
	}
}
