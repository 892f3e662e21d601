// SPDX-License-Identifier: Apache-2.0

package translate_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/v1alpha1"
)

func TestSelectedLinesStayWhileTheyHaveAFault(t *testing.T) {
	objects := sound()
	for _, line := range objects.Lines {
		line.Labels = map[string]string{"team": "sales"}
	}
	objects.Users[0].Spec.Lines = nil
	objects.Users[0].Spec.LineSelectors = []v1alpha1.LineSelectorGrant{{
		Target: "office", Rights: []v1alpha1.Right{v1alpha1.RightMonitor},
		Selector: metav1.LabelSelector{MatchLabels: map[string]string{"team": "sales"}},
	}}
	before := run(t, objects, nil)
	if got := before.Configs["office"].GetUsers()[0].GetLines(); len(got) != 2 {
		t.Fatalf("rights %v", got)
	}
	objects.Lines[1] = objects.Lines[1].DeepCopy()
	objects.Lines[1].Spec.PickupGroup = "two words"
	after := run(t, objects, before.Configs)
	if got := after.Configs["office"]; got.GetVersion() != before.Configs["office"].GetVersion() || len(got.GetUsers()[0].GetLines()) != 2 {
		t.Errorf("a line with a fault changed the configuration: %v", got.GetUsers())
	}
	if never := run(t, objects, nil); len(never.Configs["office"].GetLines()) != 1 {
		t.Errorf("lines %v", never.Configs["office"].GetLines())
	}
	objects.Lines[1] = objects.Lines[1].DeepCopy()
	objects.Lines[1].Spec.PickupGroup, objects.Lines[1].Labels = "", nil
	gone := run(t, objects, before.Configs)
	if got := gone.Configs["office"].GetUsers()[0].GetLines(); len(got) != 1 || got[0].GetNumber() != "1001" {
		t.Errorf("rights without the label %v", got)
	}
}
