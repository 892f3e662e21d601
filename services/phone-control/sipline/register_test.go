// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

func TestRegister(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	p := newPhone(t, "1001", b.server, 4001)
	res := p.registerFully(30)
	if got := sipstack.HeaderValue(res, "Min-Expires"); res.StatusCode != 423 || got != "60" {
		t.Errorf("REGISTER for 30 s was answered %d, Min-Expires %q", res.StatusCode, got)
	}
	res = p.registerFully(100000)
	contact := p.endpoint.LocalURI("udp", "1001")
	if got, want := sipstack.HeaderValue(res, "Contact"), fmt.Sprintf("<%s>;expires=7200", contact.String()); got != want {
		t.Errorf("the binding is %q, want %q", got, want)
	}
	b.want("BackInService 1001")
	list, err := b.client.ListRegistrations(t.Context(), &phonecontrolv1.ListRegistrationsRequest{Target: "cme"})
	if err != nil || len(list.GetRegistrations()) != 1 || list.GetRegistrations()[0].GetLine() != "1001" {
		t.Errorf("registrations are %v, %v", list, err)
	}
	if b.store.len() != 1 {
		t.Errorf("%d bindings are stored, want 1", b.store.len())
	}
	if code := p.register(0); code != 200 {
		t.Errorf("un-REGISTER was answered %d", code)
	}
	b.want("OutOfService 1001")
	if b.store.len() != 0 {
		t.Errorf("%d bindings are stored, want none", b.store.len())
	}
}

func TestRegisterIsRefused(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	for _, tt := range []struct {
		name, number, password, aor string
		code                        int
	}{
		{"wrong password", "1001", "guess", "1001", 401},
		{"unknown phone", "4711", "pw4711", "4711", 401},
		{"another's line", "1001", "pw1001", "1002", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPhone(t, tt.number, b.server, 4001)
			p.password, p.aor = tt.password, tt.aor
			if code := p.register(600); code != tt.code {
				t.Errorf("answered %d, want %d", code, tt.code)
			}
		})
	}
	b.quiet()
}

// TestPathIsFollowed: a phone behind an edge is called by its Path.
func TestPathIsFollowed(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	edge := newPhone(t, "edge", b.server, 4009)
	path := edge.endpoint.RouteURI("udp", "token", "ob")
	p := newPhone(t, "1001", b.server, 4001)
	p.path = "<" + path.String() + ">"
	res := p.registerFully(600)
	if got := sipstack.HeaderValue(res, "Path"); got != p.path {
		t.Errorf("the 200 has Path %q, want %q", got, p.path)
	}
	b.want("BackInService 1001")
	b.makeCall("1001", "1002", prompt)
	tx := edge.invited()
	route, ok := tx.OwnRoute()
	if !ok || route.User != "token" {
		t.Errorf("the edge was sent Route %v", route)
	}
	contact := p.endpoint.LocalURI("udp", "1001")
	if got := tx.Request().Recipient.String(); got != contact.String() {
		t.Errorf("Request-URI is %s, want the contact %s", got, contact.String())
	}
}

// TestNextOwnerKnowsThePhones: a second driver on the same store.
func TestNextOwnerKnowsThePhones(t *testing.T) {
	first := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := first.phones("1001", "1002")
	second := newBenchOn(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO, first.store)
	second.want("BackInService 1001", "BackInService 1002")
	second.made(phones[0], phones[1])
}

func TestPhoneTakenOutOfTheConfiguration(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	b.phones("1001", "1002")
	var key [32]byte
	target, _ := b.source.Snapshot().TargetByName("cme")
	less := &configv1.TargetConfig{
		Target: "cme", Version: "2", Sip: target.Config.GetSip(), Driver: target.Config.GetDriver(), Lines: target.Config.GetLines()[:1],
	}
	snapshot, err := targetconfig.Build(key, less)
	if err != nil {
		t.Fatal(err)
	}
	b.source.Set(snapshot)
	for b.storeHas("1002") {
		b.client.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: "1001"})
	}
	if !b.storeHas("1001") {
		t.Error("the binding of a phone that stays is gone")
	}
}

func (b *bench) storeHas(line string) bool {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	for key := range b.store.records {
		if strings.HasPrefix(key, "cme."+line+".") {
			return true
		}
	}
	return false
}
