// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// office is the configuration of config with all that a suite has.
func office(t *testing.T) *configv1.TargetConfig {
	t.Helper()
	c := config(t, "office", "1", "office.example")
	c.Lines[0].PickupGroup, c.Lines[1].PickupGroup = "support", "support"
	c.Lines[1].RemoteNumbers = []string{"+12065550123"}
	c.Lines = append(c.Lines, &configv1.Line{Name: "hotline", Number: "0110", Kind: configv1.LineKind_LINE_KIND_ROUTEING, DefaultRoute: "1001"})
	c.SessionManagers = []*configv1.SessionManager{{RegisterId: "app2", User: "crm"}, {RegisterId: "app1", User: "crm", CtiAware: true}}
	plain, err := proto.Marshal(&configv1.DigestSecret{Password: "trunk-password"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := seal.Seal(testKey, plain, seal.TrunkPlace("office"))
	if err != nil {
		t.Fatal(err)
	}
	c.Trunk = &configv1.Trunk{Name: "carrier", Uri: "sip:gateway.example", Username: "office", Credential: &configv1.SealedCredential{Sealed: text}}
	return c
}

func numbersOf(lines []*Line) string {
	numbers := make([]string, len(lines))
	for i, line := range lines {
		numbers[i] = line.GetNumber()
	}
	return strings.Join(numbers, " ")
}

func TestSnapshotFindsTheSuite(t *testing.T) {
	snapshot, err := Build(testKey, office(t), config(t, "branch", "1", "*"))
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("office")
	if got := numbersOf(target.PickupGroup("support")); got != "1001 1002" {
		t.Errorf("pickup group %q", got)
	}
	if got := numbersOf(target.RouteingLines()); got != "0110" {
		t.Errorf("routeing lines %q", got)
	}
	if line, ok := target.LineByRemoteNumber("+12065550123"); !ok || line.GetNumber() != "1001" {
		t.Errorf("line of the remote number: %v", line)
	}
	manager, ok := target.SessionManager("app1")
	if !ok || !manager.GetCtiAware() || manager.User.GetUser() != "crm-user" || manager.Target != target || target.SessionManagers[0] != manager {
		t.Errorf("session manager %v", manager)
	}
	if target.Trunk == nil || target.Trunk.Secret.Password != "trunk-password" || target.Trunk.GetUsername() != "office" {
		t.Errorf("trunk %v", target.Trunk)
	}
	if text := fmt.Sprintf("%v %+v %#v", target.Trunk.Secret, *target.Trunk, target.Trunk.Secret); strings.Contains(text, "trunk-password") {
		t.Errorf("the trunk's password is printed: %s", text)
	}
	branch, _ := snapshot.TargetByName("branch")
	_, hasManager := branch.SessionManager("app1")
	_, hasRemote := branch.LineByRemoteNumber("+12065550123")
	if hasManager || hasRemote || branch.Trunk != nil || branch.PickupGroup("support") != nil || branch.RouteingLines() != nil {
		t.Error("the branch has what the office has")
	}
}

func TestBuildRefusesFaultsOfTheSuite(t *testing.T) {
	for name, spoil := range map[string]func(*configv1.TargetConfig){
		"remote number twice":        func(c *configv1.TargetConfig) { c.Lines[0].RemoteNumbers = []string{"+12065550123"} },
		"register-id empty":          func(c *configv1.TargetConfig) { c.SessionManagers[0].RegisterId = "" },
		"register-id twice":          func(c *configv1.TargetConfig) { c.SessionManagers[0].RegisterId = "app1" },
		"register-id of a line":      func(c *configv1.TargetConfig) { c.SessionManagers[0].RegisterId = "1001" },
		"register-id of a phone":     func(c *configv1.TargetConfig) { c.SessionManagers[0].RegisterId = "phone1001" },
		"user of a session manager":  func(c *configv1.TargetConfig) { c.SessionManagers[0].User = "nobody" },
		"trunk without URI":          func(c *configv1.TargetConfig) { c.Trunk.Uri = "" },
		"trunk's credential of user": func(c *configv1.TargetConfig) { c.Trunk.Credential = c.Users[0].Credential },
	} {
		t.Run(name, func(t *testing.T) {
			faulty := office(t)
			spoil(faulty)
			if _, err := Build(testKey, faulty); err == nil {
				t.Error("no error")
			}
		})
	}
}
