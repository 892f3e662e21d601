// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testKey = [32]byte{7}

func sealed(t *testing.T, place []byte, ha1 string) *configv1.SealedCredential {
	t.Helper()
	plain, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: ha1, Ha1Sha256: ha1 + "-256"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := seal.Seal(testKey, plain, place)
	if err != nil {
		t.Fatal(err)
	}
	return &configv1.SealedCredential{Sealed: text}
}

// config is a valid configuration with two lines, a phone and a CTI user.
func config(t *testing.T, name, version string, domains ...string) *configv1.TargetConfig {
	t.Helper()
	return &configv1.TargetConfig{
		Target: name, Version: version,
		Sip:    &configv1.SIP{Domains: domains, Realm: name + ".example"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
		Lines: []*configv1.Line{
			{Name: "line-1002", Number: "1002"},
			{Name: "line-1001", Number: "1001", Devices: []*configv1.Device{
				{Name: "desk", Username: "phone1001", Credential: sealed(t, seal.DevicePlace(name, "line-1001", "desk"), "d-"+name)},
			}},
		},
		Users: []*configv1.CTIUser{{
			Name: "crm", User: "crm-user", Credential: sealed(t, seal.UserPlace(name, "crm"), "u-"+name),
			Lines: []*configv1.LineRights{{Number: "1001", Monitor: true, Control: true}, {Number: "1002", Monitor: true}},
		}},
	}
}

func TestSnapshotFindsWhatIsConfigured(t *testing.T) {
	snapshot, err := Build(testKey, config(t, "south", "1", "south.example", "192.0.2.1"), config(t, "north", "1", "*", "[2001:db8::1]"))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"south.example": "south", "SOUTH.Example.": "south", "south.example:5060": "south", "192.0.2.1": "south",
		"elsewhere": "north", "2001:db8::1": "north", "[2001:db8::1]:5061": "north",
	} {
		if target, ok := snapshot.TargetByDomain(host); !ok || target.Name != want {
			t.Errorf("target of %s: %v, want %s", host, target, want)
		}
	}
	if targets := snapshot.Targets(); len(targets) != 2 || targets[0].Name != "north" {
		t.Errorf("targets %v", targets)
	}
	line, ok := snapshot.Line("south", "1001")
	if !ok || line.GetName() != "line-1001" || line.Target.Name != "south" || len(line.Devices) != 1 {
		t.Fatalf("line %v", line)
	}
	if device, ok := line.Target.Device("phone1001"); !ok || device.Secret.HA1MD5 != "d-south" || device.Line != line {
		t.Errorf("device %v", device)
	}
	users := snapshot.User("crm-user")
	if len(users) != 2 || users[0].Target.Name != "north" || users[1].Secret.HA1SHA256 != "u-south-256" {
		t.Fatalf("users %v", users)
	}
	for number, want := range map[string]Rights{"1001": {Monitor: true, Control: true}, "1002": {Monitor: true}, "1003": {}} {
		if got := users[0].Rights(number); got != want {
			t.Errorf("rights on %s: %v, want %v", number, got, want)
		}
	}
	if _, ok := snapshot.Line("nowhere", "1001"); ok {
		t.Error("line of an unknown target")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	secret := Secret{HA1MD5: "0123456789", HA1SHA256: "abcdef"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "in", struct{ S Secret }{secret})
	for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret), log.String()} {
		if strings.Contains(text, "0123456789") || strings.Contains(text, "abcdef") {
			t.Errorf("secret is printed: %s", text)
		}
	}
}

func TestBuildRefusesFaults(t *testing.T) {
	for name, spoil := range map[string]func(*configv1.TargetConfig){
		"realm":           func(c *configv1.TargetConfig) { c.Sip.Realm = "" },
		"domains":         func(c *configv1.TargetConfig) { c.Sip.Domains = nil },
		"driver":          func(c *configv1.TargetConfig) { c.Driver = nil },
		"name":            func(c *configv1.TargetConfig) { c.Target = "" },
		"number twice":    func(c *configv1.TargetConfig) { c.Lines[0].Number = "1001" },
		"number empty":    func(c *configv1.TargetConfig) { c.Lines[0].Number = "" },
		"user empty":      func(c *configv1.TargetConfig) { c.Users[0].User = "" },
		"wrong place":     func(c *configv1.TargetConfig) { c.Users[0].Name = "other" },
		"domain of other": func(c *configv1.TargetConfig) { c.Sip.Domains = []string{"TAKEN.example"} },
		"user name twice": func(c *configv1.TargetConfig) {
			c.Lines[0].Devices = []*configv1.Device{{Name: "second", Username: "phone1001"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := config(t, "south", "1", "south.example")
			spoil(faulty)
			if _, err := Build(testKey, faulty, config(t, "north", "1", "taken.example")); err == nil {
				t.Error("no error")
			}
		})
	}
	if _, err := Build([32]byte{8}, config(t, "south", "1", "south.example")); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("wrong key: %v", err)
	}
}

// watch runs a watcher until the test ends.
func watch(t *testing.T, options Options) *Watcher {
	t.Helper()
	w := NewWatcher(options)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watcher ended with %v", err)
		}
	})
	waiting, done := context.WithTimeout(t.Context(), 15*time.Second)
	defer done()
	if err := w.WaitSynced(waiting); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWatcherAppliesRefusesAndAcknowledges(t *testing.T) {
	b := bustest.Run(t).Connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	publisher := NewPublisher(b)
	first := config(t, "south", "v1", "south.example")
	if err := publisher.Publish(ctx, first); err != nil {
		t.Fatal(err)
	}
	w := watch(t, Options{Bus: b, Service: "sip-edge", Replica: "edge-0", Key: testKey, Validate: func(s *Snapshot) error {
		if south, ok := s.TargetByName("south"); ok && south.Config.GetDrain() {
			return errors.New("this service can't drain")
		}
		return nil
	}})
	replicas := []string{"sip-edge.edge-0"}
	expect := func(refused int, configs ...*configv1.TargetConfig) {
		t.Helper()
		refusals, err := publisher.WaitApplied(ctx, replicas, configs...)
		if err != nil || len(refusals) != refused {
			t.Fatalf("refusals %v, %v", refusals, err)
		}
	}
	expect(0, first)
	changes := make(chan [2]*Snapshot, 8)
	unsubscribe := w.Subscribe(func(before, after *Snapshot) { changes <- [2]*Snapshot{before, after} })

	draining := config(t, "south", "v2", "south.example")
	draining.Drain = true
	if err := publisher.Publish(ctx, draining); err != nil {
		t.Fatal(err)
	}
	expect(1, draining)
	if south, _ := w.Snapshot().TargetByName("south"); south.Version != "v1" {
		t.Errorf("version %s in force after a refusal", south.Version)
	}

	// north takes over the domain: it is refused until south gives it up.
	north := config(t, "north", "v1", "south.example")
	if _, err := b.Config().Put(ctx, "north", north); err != nil {
		t.Fatal(err)
	}
	expect(1, north)
	moved := config(t, "south", "v3", "other.example")
	if err := publisher.Publish(ctx, moved, north); err != nil {
		t.Fatal(err)
	}
	expect(0, moved)
	for {
		change := <-changes
		if target, ok := change[1].TargetByDomain("south.example"); ok && target.Name == "north" {
			if target, ok := change[0].TargetByDomain("south.example"); ok {
				t.Errorf("before: %v", target.Name)
			}
			break
		}
	}
	unsubscribe()
	gone := make(chan struct{}, 1)
	defer w.Subscribe(func(_, after *Snapshot) {
		if len(after.Targets()) == 0 {
			gone <- struct{}{}
		}
	})()
	if err := publisher.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	<-gone
}

func TestStaticTellsItsSubscribers(t *testing.T) {
	var source Static
	if len(source.Snapshot().Targets()) != 0 {
		t.Fatal("zero value is not empty")
	}
	snapshot, err := Build(testKey, config(t, "south", "1", "*"))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	unsubscribe := source.Subscribe(func(before, after *Snapshot) {
		told++
		if len(before.Targets()) != 0 || after != snapshot {
			t.Errorf("change from %v to %v", before, after)
		}
	})
	source.Set(snapshot)
	unsubscribe()
	source.Set(&Snapshot{})
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if got := NewStatic(snapshot).Snapshot(); got != snapshot {
		t.Errorf("snapshot %v", got)
	}
}
