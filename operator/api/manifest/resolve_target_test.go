// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargetsNameWhatExists(t *testing.T) {
	const manager = "[office.test]}\n  sessionManagers: [{registerID: APP, user: alice}]"
	for _, c := range []struct {
		name, file, old, new string
		faults               []string
	}{
		{"session manager", "target.yaml", "[office.test]}", strings.Replace(manager, "APP", "app1", 1), nil},
		{"trunk with password", "target.yaml", "[office.test]}", "[office.test]}\n  trunk: {uri: \"sip:gw\", auth: {username: u, passwordSecretRef: {name: secrets}}}", nil},
		{"trunk with dangling secret", "target.yaml", "[office.test]}", "[office.test]}\n  trunk: {uri: \"sip:gw\", auth: {username: u, passwordSecretRef: {name: sekrets}}}", []string{
			`target.yaml: CMETarget office: spec.trunk.auth.passwordSecretRef.name: secret sekrets does not exist; add a Secret or correct the name`,
		}},
		{"park slot of a line", "target.yaml", "[office.test]}", "[office.test]}\n  features: {parkSlots: [\"701\", \"1001\"]}", []string{
			`target.yaml: CMETarget office: spec.features.parkSlots[1]: 1001 belongs to line desk; park slots are numbers of their own`,
		}},
		{"register-id of a line", "target.yaml", "[office.test]}", strings.Replace(manager, "APP", `"1001"`, 1), []string{
			`target.yaml: CMETarget office: spec.sessionManagers[0].registerID: 1001 is the number of line desk; write another`,
		}},
		{"user of a session manager", "target.yaml", "[office.test]}", strings.NewReplacer("APP", "app1", "alice", "alise").Replace(manager), []string{
			`target.yaml: CMETarget office: spec.sessionManagers[0].user: user alise does not exist; add a CTIUser or correct the name`,
		}},
		{"enum of a rule", "target.yaml", "[office.test]}", "[office.test]}\n  dialPlan: {rules: [{pattern: 9T, strip: one}]}", []string{
			`target.yaml: CMETarget office: spec.dialPlan.rules[0].strip: is text, must be a number`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.faults, faultsOf(t, c.file, c.old, c.new)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSessionManagerNeedsARightAndAnIDOfItsOwn(t *testing.T) {
	texts := good()
	texts["line.yaml"] = strings.Replace(texts["line.yaml"], "sip: {", "sip: {username: desk1, ", 1)
	texts["branch.yaml"] = "apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: branch}\nspec:\n  sip: {domains: [branch.test]}\n  sessionManagers: [{registerID: app1, user: alice}]\n"
	texts["target.yaml"] = strings.Replace(texts["target.yaml"], "[office.test]}", "[office.test]}\n  sessionManagers: [{registerID: desk1, user: alice}]", 1)
	want := []string{
		`branch.yaml: CMETarget branch: spec.sessionManagers[0].user: user alice has no right on a line of this target; grant one in its spec.lines`,
		`target.yaml: CMETarget office: spec.sessionManagers[0].registerID: desk1 is the user name of a phone of line desk; write another`,
	}
	if diff := cmp.Diff(want, read(t, texts)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestRemoteNumberMeansOneLine(t *testing.T) {
	texts := good()
	texts["line.yaml"] = strings.Replace(texts["line.yaml"], "number:", "remoteNumbers: [\"+49170\"]\n  number:", 1)
	texts["other.yaml"] = strings.NewReplacer("name: desk", "name: lobby", "1001", "1002").Replace(texts["line.yaml"])
	want := []string{`other.yaml: Line lobby: spec.remoteNumbers[0]: +49170 belongs to line desk already; a remote number means one line`}
	if diff := cmp.Diff(want, read(t, texts)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
