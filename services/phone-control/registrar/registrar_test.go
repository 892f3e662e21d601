// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/targetconfig"
)

// journal is a Store that notes what is done to it.
type journal struct {
	mu      sync.Mutex
	records []*statev1.RegistrationRecord
	deleted []string
}

func (j *journal) Put(context.Context, string, *statev1.RegistrationRecord) (uint64, error) {
	return 0, errors.New("not expected")
}

func (j *journal) Delete(_ context.Context, key string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.deleted = append(j.deleted, key)
	return nil
}

func (j *journal) List(_ context.Context, pattern string) ([]bus.Entry[*statev1.RegistrationRecord], error) {
	var entries []bus.Entry[*statev1.RegistrationRecord]
	for _, record := range j.records {
		key := StoreKey(record.GetTarget(), BindingOf(record))
		if strings.HasPrefix(key, strings.TrimSuffix(pattern, ">")) {
			entries = append(entries, bus.Entry[*statev1.RegistrationRecord]{Key: key, Value: record})
		}
	}
	return entries, nil
}

func targetOf(t *testing.T, line *configv1.SIPLine, numbers ...string) *targetconfig.Target {
	t.Helper()
	config := &configv1.TargetConfig{
		Target: "cme", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: line}},
	}
	for _, number := range numbers {
		config.Lines = append(config.Lines, &configv1.Line{
			Name: number, Number: number, Devices: []*configv1.Device{{Name: "desk", Username: "phone" + number}},
		})
	}
	snapshot, err := targetconfig.Build([32]byte{}, config)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("cme")
	return target
}

// TestStoredBindingsExpire: the next owner loads the bindings, and takes them
// out when their time has come.
func TestStoredBindingsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &journal{}
		stored := func(line string, lifetime time.Duration) Binding {
			b := Binding{
				Line: line, Device: "phone" + line, Contact: "sip:" + line + "@10.0.0.5", CallID: "a", CSeq: 3,
				Path: []string{"<sip:token@edge;lr>"}, UserAgent: "Phone/1", AllowEvents: []string{"talk"},
				Expires: time.Now().Add(lifetime),
			}
			store.records = append(store.records, b.Record("cme"))
			return b
		}
		first := stored("1001", time.Minute)
		stored("1002", time.Hour)
		stored("1003", -time.Second) // expired while nobody ran the target
		stored("4711", time.Hour)    // not configured any more
		target := targetOf(t, &configv1.SIPLine{}, "1001", "1002", "1003")
		var changes []string
		r := New(Options{
			Target: "cme", Config: func() *targetconfig.Target { return target }, Store: store,
			OnService: func(line string, in bool) { changes = append(changes, fmt.Sprint(line, " ", in)) },
			Logger:    slog.New(slog.DiscardHandler),
		})
		if err := r.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1001 true", "1002 true"}, changes); diff != "" {
			t.Errorf("lines in service (-want +got):\n%s", diff)
		}
		got := r.Of("1001")
		if len(got) != 1 || got[0].Path[0] != first.Path[0] || got[0].AllowEvents[0] != "talk" || !got[0].Expires.Equal(first.Expires) {
			t.Errorf("binding is %+v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = r.Run(ctx) }()
		synctest.Sleep(time.Minute + time.Second) // of the test's own clock
		if diff := cmp.Diff([]string{"1001 true", "1002 true", "1001 false"}, changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{StoreKey("cme", first)}, store.deleted); diff != "" {
			t.Errorf("deleted (-want +got):\n%s", diff)
		}
		if list := r.Registrations(); len(list) != 1 || list[0].GetLine() != "1002" || list[0].GetExpiresSeconds() != 3539 {
			t.Errorf("registrations are %v", list)
		}
		cancel()
		<-done
	})
}

func TestPolicyOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		line *configv1.SIPLine
		want Policy
	}{
		{"nothing said", &configv1.SIPLine{}, NewDefaultPolicy()},
		{"all said", &configv1.SIPLine{
			MinRegistrationExpiry:     durationpb.New(30 * time.Second),
			DefaultRegistrationExpiry: durationpb.New(10 * time.Minute),
			MaxRegistrationExpiry:     durationpb.New(time.Hour),
		}, Policy{MinExpires: 30 * time.Second, DefaultExpires: 10 * time.Minute, MaxExpires: time.Hour, MaxBindings: 10}},
		{"maximum below the default", &configv1.SIPLine{MaxRegistrationExpiry: durationpb.New(5 * time.Minute)},
			Policy{MinExpires: time.Minute, DefaultExpires: 5 * time.Minute, MaxExpires: 5 * time.Minute, MaxBindings: 10}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, PolicyOf(targetOf(t, tt.line, "1001"))); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseContacts asserts that what was read can be written and read again.
func FuzzParseContacts(f *testing.F) {
	f.Add(`"A, \"B\"" <sip:1001@10.0.0.5;transport=tcp>;expires=60;+sip.instance="<urn:uuid:1>", sip:b@c;expires=1`)
	f.Add(`*`)
	f.Fuzz(func(t *testing.T, value string) {
		contacts, _, err := ParseContacts([]string{value})
		if err != nil {
			return
		}
		for _, contact := range contacts {
			again, _, err := ParseContacts([]string{"<" + contact.URI + ">"})
			if strings.ContainsAny(contact.URI, `<>"`) {
				continue
			}
			if err != nil || len(again) != 1 || again[0].URI != contact.URI {
				t.Fatalf("%q was read as %q and then as %+v, %v", value, contact.URI, again, err)
			}
		}
	})
}
