// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/replica"
	"offhook.dev/services/targetconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 20 * time.Second
	domain   = "office.test"
)

// office is a target whose phones register by an edge, and everything that runs
// it.
type office struct {
	phonecontrolv1.PhoneControlServiceClient
	t         *testing.T
	bus       *bus.Bus
	directory *directory.Directory
	source    targetconfig.Source
	keyFile   string
	edge      *runningEdge
	owner     *runningReplica
	wire      wire
	// phones end first, so that they can un-register.
	phones []func()

	mutex  sync.Mutex
	events []*ctiv1.Event
}

// openOffice has lines 1001 and so on, an edge and one replica.
func openOffice(t *testing.T, lines int) *office {
	t.Helper()
	o := &office{t: t, bus: bustest.Run(t).Connect(t), source: targetconfig.NewStatic(configuration(t, lines)), keyFile: filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(o.keyFile, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.directory = o.newDirectory()
	o.run(o.directory.Run)
	if err := o.directory.WaitSynced(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.PhoneControlServiceClient = o.directory.PhoneControl("office")
	reading := make(chan struct{}, 1)
	o.run(func(ctx context.Context) error {
		return o.bus.ReadEvents(ctx, bus.ReaderOptions{Target: "office", FromStart: true, OnReading: func() { reading <- struct{}{} }}, o.note)
	})
	<-reading
	o.edge = o.startEdge("edge-0", "127.0.0.1:0", "127.0.0.1:0")
	o.owner = o.startReplica("pc-0")
	o.eventually("the target has an owner", func() bool { return o.owns(o.owner) })
	return o
}

func configuration(t *testing.T, lines int) *targetconfig.Snapshot {
	t.Helper()
	var key [32]byte
	config := &configv1.TargetConfig{
		Target: "office", Version: "1", Sip: &configv1.SIP{Domains: []string{domain}, Realm: "office"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}},
		Media:  &configv1.Media{ConferenceParties: 8},
	}
	for i := range lines {
		number := lineNumber(i)
		credentials := []byte(number + ":office:pw" + number)
		md, sha := md5.Sum(credentials), sha256.Sum256(credentials)
		secret, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: hex.EncodeToString(md[:]), Ha1Sha256: hex.EncodeToString(sha[:])})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Seal(key, secret, seal.DevicePlace("office", number, "phone"))
		if err != nil {
			t.Fatal(err)
		}
		config.Lines = append(config.Lines, &configv1.Line{Name: number, Number: number, Watch: true, Devices: []*configv1.Device{
			{Name: "phone", Username: number, Credential: &configv1.SealedCredential{Sealed: sealed}},
		}})
	}
	snapshot, err := targetconfig.Build(key, config)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func lineNumber(i int) string { return fmt.Sprint(1001 + i) }

// newDirectory gives each replica its own, as each process has.
func (o *office) newDirectory() *directory.Directory {
	o.t.Helper()
	made, err := directory.New(directory.Options{Bus: o.bus, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// run runs something until the returned function is called or the test ends.
func (o *office) run(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = run(ctx) }()
	stop = func() { cancel(); <-ended }
	o.t.Cleanup(stop)
	return stop
}

// note keeps an event; their numbers follow on.
func (o *office) note(d bus.Delivery) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if d.Gap != nil {
		o.t.Errorf("events are missing: %+v", d.Gap)
	}
	for _, event := range d.Batch.GetEvents() {
		if want := uint64(len(o.events) + 1); event.GetNumber() != want {
			o.t.Errorf("event has number %d, want %d", event.GetNumber(), want)
		}
		o.events = append(o.events, event)
	}
}

// told is how many events there were.
func (o *office) told() int {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return len(o.events)
}

// toldSince gives the events after so many.
func (o *office) toldSince(count int) []*ctiv1.Event {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Clone(o.events[count:])
}

func (o *office) eventually(what string, done func() bool) {
	o.t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	limit := time.After(patience)
	for !done() {
		select {
		case <-again.C:
		case <-limit:
			o.t.Fatal("never: " + what)
		}
	}
}

// runningReplica is one replica of phone-control, with a loopback address of its
// own for its SIP and its mixer.
type runningReplica struct {
	*replica.Replica
	id        string
	directory *directory.Directory
	stop      func()
}

func (o *office) startReplica(id string) *runningReplica {
	o.t.Helper()
	var number int
	if _, err := fmt.Sscanf(id, "pc-%d", &number); err != nil {
		o.t.Fatal(err)
	}
	r := &runningReplica{id: id, directory: o.newDirectory()}
	config := replica.NewDefaultConfig()
	config.SIP.Listen = fmt.Sprintf("127.0.0.%d:0", 11+number)
	own := &statev1.Replica{Id: id, Service: directory.PhoneControl, GrpcEndpoint: id + ":1"}
	var err error
	if r.Replica, err = replica.New(config, replica.Dependencies{
		Replica: own, Bus: o.bus, Leases: r.directory, Edges: r.directory, Source: o.source, Logger: slog.New(slog.DiscardHandler),
		Registerer: prometheus.NewRegistry(), Product: "Offhook/test",
	}); err != nil {
		o.t.Fatal(err)
	}
	o.directory.AddLocal(id, r.Register)
	stopDirectory := o.run(r.directory.Run)
	stopAnnouncing := o.run(func(ctx context.Context) error { return r.directory.Announce(ctx, own) })
	stopReplica := o.run(r.Run)
	r.stop = func() { stopAnnouncing(); stopReplica(); stopDirectory() }
	o.eventually(id+" is known", func() bool { _, known := o.directory.Replica(id); return known })
	o.t.Cleanup(o.stopPhones)
	return r
}

func (o *office) stopPhones() {
	var group sync.WaitGroup
	for _, stop := range o.phones {
		group.Go(stop)
	}
	group.Wait()
}

func (o *office) owns(r *runningReplica) bool {
	lease, held := r.directory.Owner("office")
	return held && lease.GetReplica() == r.id && r.Ready() == nil
}

// handOver ends the owner as a rolling restart does, once another replica is
// there, and tells how long the target had none.
func (o *office) handOver() {
	o.t.Helper()
	var number int
	_, _ = fmt.Sscanf(o.owner.id, "pc-%d", &number)
	next := o.startReplica(fmt.Sprintf("pc-%d", number+1))
	if err := o.owner.directory.SetDraining(o.t.Context(), o.owner.id); err != nil {
		o.t.Fatal(err)
	}
	limit, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	began := time.Now()
	if err := o.owner.Drain(limit); err != nil {
		o.t.Fatal(err)
	}
	drained := time.Now()
	o.eventually(next.id+" is the owner", func() bool { return o.owns(next) })
	o.t.Logf("%s to %s: drained in %v, taken over %v later", o.owner.id, next.id, drained.Sub(began), time.Since(drained))
	o.owner.stop()
	o.owner = next
}
