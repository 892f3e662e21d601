// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// floor is the good folder with two lines on one Skinny phone, which the second
// line shares with another phone.
func floor() map[string]string {
	texts := good()
	texts["target.yaml"] += "  driver: {skinny: {autoAssign: []}}\n"
	texts["line.yaml"] = strings.Replace(texts["line.yaml"], "devices: [", "devices: [{name: skinny, skinny: {mac: \"0011.2233.4455\", model: \"7970\", buttons: [{button: 4, type: doNotDisturb}]}}, ", 1)
	texts["team.yaml"] = "apiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: team}\nspec:\n  target: office\n  number: \"1002\"\n  devices: [{name: a, skinny: {mac: SEP001122334455, button: 2}}, {name: b, skinny: {mac: \"00:11:22:33:44:66\"}}]\n"
	texts["guest.yaml"] = "apiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: guest}\nspec: {target: office, number: \"1009\"}\n"
	return texts
}

func TestSkinnyPhonesArePutTogether(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		faults               []string
	}{
		{"shared", "team.yaml", "", "", nil},
		{"same model", "team.yaml", "button: 2", "button: 2, model: \"7970\"", nil},
		{"other model", "team.yaml", "button: 2", "button: 2, model: \"7911\"", []string{
			`team.yaml: Line team: spec.devices[0].skinny.model: SEP001122334455 is a 7970 for another line already; write the same model, or leave it out`,
		}},
		{"one button", "team.yaml", "button: 2", "button: 1", []string{
			`team.yaml: Line team: spec.devices[0].skinny.button: button 1 of SEP001122334455 is line desk already; write another`,
		}},
		{"button of a feature", "team.yaml", "button: 2", "button: 4", []string{
			`team.yaml: Line team: spec.devices[0].skinny.button: button 4 of SEP001122334455 is a doNotDisturb button of line desk already; write another`,
		}},
		{"feature on a line", "team.yaml", "button: 2", "button: 2, buttons: [{button: 1, type: forwardAll}]", []string{
			`team.yaml: Line team: spec.devices[0].skinny.buttons[0].button: button 1 of SEP001122334455 is line desk already; write another`,
		}},
		{"one device's own fault", "team.yaml", "button: 2", "button: 2, buttons: [{button: 2, type: forwardAll}]", []string{
			`team.yaml: Line team: spec.devices[0].skinny.buttons[0].button: Invalid value: 2: is another button's of this phone already; give each its own`,
		}},
		{"auto assign", "target.yaml", "[]", `["1009"]`, nil},
		{"auto assign of nobody", "target.yaml", "[]", `["1010"]`, []string{
			`target.yaml: CMETarget office: spec.driver.skinny.autoAssign[0]: line 1010 does not exist in this target; add a Line or correct the number`,
		}},
		{"auto assign of a line with phone", "target.yaml", "[]", `["1002"]`, []string{
			`target.yaml: CMETarget office: spec.driver.skinny.autoAssign[0]: line team has a Skinny phone of its own; remove it from autoAssign or from the line's devices`,
		}},
		{"no Skinny side", "target.yaml", "{skinny: {autoAssign: []}}", "{type: sipLine}", []string{
			`line.yaml: Line desk: spec.devices[0].skinny: target office has no Skinny phones; add skinny: {} to its spec.driver`,
			`team.yaml: Line team: spec.devices[0].skinny: target office has no Skinny phones; add skinny: {} to its spec.driver`,
			`team.yaml: Line team: spec.devices[1].skinny: target office has no Skinny phones; add skinny: {} to its spec.driver`,
		}},
		{"no SIP side", "target.yaml", "{skinny:", "{type: skinny, skinny:", []string{
			`line.yaml: Line desk: spec.devices[1].sip: target office has no SIP phones; set its spec.driver.type to sipLine`,
		}},
		{"MAC without quotes", "team.yaml", "SEP001122334455", "100122334455", []string{
			`team.yaml: Line team: spec.devices[0].skinny.mac: is a number, must be text; put it in quotes`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := floor()
			if !strings.Contains(texts[c.file], c.old) {
				t.Fatalf("%s does not contain %q", c.file, c.old)
			}
			texts[c.file] = strings.Replace(texts[c.file], c.old, c.new, 1)
			if diff := cmp.Diff(c.faults, read(t, texts)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSkinnyPhoneBelongsToOneTarget(t *testing.T) {
	texts := floor()
	texts["branch.yaml"] = "apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: branch}\nspec:\n  sip: {domains: [branch.test]}\n  driver: {type: skinny}\n"
	texts["team.yaml"] = strings.Replace(texts["team.yaml"], "target: office", "target: branch", 1)
	want := []string{`team.yaml: Line team: spec.devices[0].skinny.mac: SEP001122334455 is a phone of line desk of target office already; a phone belongs to one target`}
	if diff := cmp.Diff(want, read(t, texts)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestAutoAssignNeedsAStation(t *testing.T) {
	texts := floor()
	texts["target.yaml"] = strings.Replace(texts["target.yaml"], "[]", `["1009"]`, 1)
	texts["guest.yaml"] = strings.Replace(texts["guest.yaml"], "number:", "kind: routeing, number:", 1)
	want := []string{`target.yaml: CMETarget office: spec.driver.skinny.autoAssign[0]: line guest is of kind routeing, which has no phones; name another`}
	if diff := cmp.Diff(want, read(t, texts)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
