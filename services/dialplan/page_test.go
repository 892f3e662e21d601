// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"sigs.k8s.io/yaml"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

// manifest is what the page's manifests may say of a target.
type manifest struct {
	Spec struct {
		DialPlan struct {
			CountryCode, AreaCode, OfficeCode                   string
			ExternalPrefix, InternationalPrefix, NationalPrefix string
			ExtensionLength                                     uint32
			Rules                                               []struct {
				Pattern, Prefix, Action string
				Strip                   uint32
			}
		}
		Trunk struct {
			Name, URI string
			E164      bool
		}
	}
}

func (m manifest) plan() *configv1.DialPlan {
	from := m.Spec.DialPlan
	plan := &configv1.DialPlan{
		CountryCode: from.CountryCode, AreaCode: from.AreaCode, OfficeCode: from.OfficeCode,
		ExternalPrefix: from.ExternalPrefix, InternationalPrefix: from.InternationalPrefix, NationalPrefix: from.NationalPrefix,
		ExtensionLength: from.ExtensionLength,
	}
	for _, rule := range from.Rules {
		action := configv1.DialAction(configv1.DialAction_value["DIAL_ACTION_"+strings.ToUpper(rule.Action)])
		plan.Rules = append(plan.Rules, &configv1.DialRule{Pattern: rule.Pattern, Strip: rule.Strip, Prefix: rule.Prefix, Action: action})
	}
	return plan
}

func (d Destination) said() string {
	switch {
	case d.Line != "":
		return "line " + d.Line
	case d.External != "":
		return "`" + d.External + "` on the trunk"
	case d.Blocked:
		return "refused"
	}
	return "nothing"
}

// TestPageTellsWhatHappens proves docs/operations/dial-plan.md: the plans that it
// shows do what its tables say, and are those that the other tests use.
func TestPageTellsWhatHappens(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations/dial-plan.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, office := range []struct {
		heading string
		tested  *configv1.DialPlan
	}{{"An American office", seattle()}, {"A German office", boeblingen()}} {
		_, text, found := strings.Cut(string(page), "\n## "+office.heading+"\n")
		if !found {
			t.Fatalf("the page has no %q", office.heading)
		}
		text, _, _ = strings.Cut(text, "\n## ")
		block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(text)
		if block == nil {
			t.Fatalf("%s has no manifest", office.heading)
		}
		var m manifest
		if err := yaml.UnmarshalStrict([]byte(block[1]), &m); err != nil {
			t.Fatalf("%s: %v", office.heading, err)
		}
		if diff := cmp.Diff(office.tested, m.plan(), protocmp.Transform()); diff != "" {
			t.Errorf("%s is not the one tested (-tested +page):\n%s", office.heading, diff)
		}
		lines := regexp.MustCompile(`With lines ([^:]+):`).FindStringSubmatch(text)
		if lines == nil {
			t.Fatalf("%s has no lines", office.heading)
		}
		numbers := regexp.MustCompile(`\d+`).FindAllString(lines[1], -1)
		plan, rows := New(m.plan(), &configv1.Trunk{E164: m.Spec.Trunk.E164}, linesOf(numbers...)), 0
		for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+?) \\|").FindAllStringSubmatch(text, -1) {
			rows++
			if said := plan.Resolve(row[1]).said(); said != row[2] {
				t.Errorf("%s: the page says that %s is %s; it is %s", office.heading, row[1], row[2], said)
			}
		}
		if rows < 10 {
			t.Errorf("%s has %d rows", office.heading, rows)
		}
	}
}
