// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// line is a sipline.Driver with the test as its call model: it gives the
// commands and sees the indications.
type line struct {
	t           *testing.T
	driver      *sipline.Driver
	work        chan func()
	indications chan callmodel.Input
	// reactions are the commands that follow an indication in the same turn.
	reactions map[string][]callmodel.Command
	due       []callmodel.Command
}

func (l *line) Indicate(input callmodel.Input) {
	l.due = append(l.due, l.reactions[indication(input)]...)
	l.indications <- input
}
func (l *line) New(work func()) bool     { l.work <- work; return true }
func (l *line) Further(work func()) bool { l.work <- work; return true }
func (l *line) Leaving() bool            { return false }
func (l *line) Due(work func())          { l.work <- work }
func (l *line) After(wait time.Duration, work func()) (stop func()) {
	timer := time.AfterFunc(wait, func() { l.work <- work })
	return func() { timer.Stop() }
}

// nowhere is a registrar.Store that forgets.
type nowhere struct{}

func (nowhere) Put(context.Context, string, *statev1.RegistrationRecord) (uint64, error) {
	return 1, nil
}
func (nowhere) Delete(context.Context, string) error { return nil }
func (nowhere) List(context.Context, string) ([]bus.Entry[*statev1.RegistrationRecord], error) {
	return nil, nil
}

// startDriver runs a driver.
func startDriver(t *testing.T, network system.Network, change ...func(*sipline.Options, *targetconfig.Snapshot)) *line {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Product: "Offhook/test"})
	if err != nil {
		t.Fatal(err)
	}
	configured := snapshot(t)
	source := targetconfig.NewStatic(configured)
	gateway := sipline.NewGateway(source)
	endpoint.SetHandler(gateway)
	for _, transport := range []string{"udp", "tcp"} {
		if _, err := endpoint.Listen(transport, addressOf(network)); err != nil {
			t.Fatal(err)
		}
	}
	l := &line{
		t: t, work: make(chan func(), 1024), indications: make(chan callmodel.Input, 1024),
		reactions: make(map[string][]callmodel.Command),
	}
	options := sipline.Options{
		Target: "cme", Source: source, Endpoint: endpoint, Gateway: gateway,
		Auth:  digestauth.New(digestauth.Config{Algorithms: []digestauth.Algorithm{digestauth.MD5}}),
		Store: nowhere{}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&options, configured)
	}
	l.driver = sipline.New(options, l)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = endpoint.Run(ctx) })
	running.Go(func() { _ = l.driver.Run(ctx) })
	running.Go(func() {
		for {
			select {
			case work := <-l.work:
				work()
				for len(l.due) > 0 {
					due := l.due
					l.due = nil
					for _, command := range due {
						l.driver.Execute(command)
					}
				}
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !gateway.Serves("cme") { // a phone that is refused tries again much later
		<-look.C
	}
	return l
}

// do gives the driver the commands of one step.
func (l *line) do(commands ...callmodel.Command) {
	l.work <- func() {
		for _, command := range commands {
			l.driver.Execute(command)
		}
	}
}

// on has the driver given commands with the indication.
func (l *line) on(indication string, commands ...callmodel.Command) {
	l.work <- func() { l.reactions[indication] = commands }
}

// want waits for indications in any order. Others are passed over.
func (l *line) want(wanted ...string) {
	l.t.Helper()
	missing := make(map[string]bool)
	for _, text := range wanted {
		missing[text] = true
	}
	timeout := time.After(waitLong)
	var seen []string
	for len(missing) > 0 {
		select {
		case input := <-l.indications:
			seen = append(seen, indication(input))
			delete(missing, indication(input))
		case <-timeout:
			l.t.Fatalf("no %v; there were %q", missing, seen)
		}
	}
}

func indication(input callmodel.Input) string {
	switch i := input.(type) {
	case callmodel.Dialled:
		return fmt.Sprintf("Dialled %d %s", i.Dialled, i.Number)
	case callmodel.LegEnded:
		return fmt.Sprintf("LegEnded %d", i.Leg)
	case callmodel.CommandFailed:
		return fmt.Sprintf("CommandFailed %d", i.Leg)
	}
	text := strings.TrimPrefix(fmt.Sprintf("%T %v", input, input), "callmodel.")
	return strings.NewReplacer("{", "", "}", "").Replace(text)
}

func with(leg, far callmodel.LegID) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: callmodel.WithLeg, Leg: far}}
}

func mediaOf(leg callmodel.LegID, kind callmodel.MediaKind) callmodel.SetMedia {
	return callmodel.SetMedia{Leg: leg, Media: callmodel.Media{Kind: kind}}
}

func ring(leg callmodel.LegID, number string, caller callmodel.LegID, shown string) callmodel.Ring {
	return callmodel.Ring{
		Leg: leg, Line: callmodel.DeviceID(number), Caller: caller, Shown: callmodel.Party{Number: callmodel.DeviceID(shown)},
	}
}

// TestBaresipMovedAbout: consultation over a phone's only dialog, alternate,
// reconnect, transfer, and transfer of a phone whose user holds the call, with
// audio between exactly those who are to talk.
func TestBaresipMovedAbout(t *testing.T) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed")
	}
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			network := system.NewNetwork(t)
			l := startDriver(t, network)
			phone := func(number string, i int) *baresip.Phone {
				p := baresip.Launch(t, settings(network, i, number, transport))
				l.want("ServiceChanged " + number + " true")
				return p
			}
			a, b, c := phone("1001", 0), phone("1002", 1), phone("1003", 2)

			a.Dial("1002")
			l.on("Dialled 1 1002", callmodel.Adopt{Dialled: 1, Leg: 1}, ring(2, "1002", 1, "1001"), mediaOf(1, callmodel.Ringback))
			l.on("LegAnswered 2", with(1, 2), with(2, 1))
			b.WaitFor("CALL_INCOMING")
			b.Accept()
			l.want("MediaSet 1", "MediaSet 2")
			talk(a, b)

			// Consultation.
			l.on("LegAnswered 3", with(1, 3), with(3, 1))
			l.do(mediaOf(1, callmodel.Ringback), mediaOf(2, callmodel.HeldByOther), ring(3, "1003", 1, "1001"))
			c.WaitFor("CALL_INCOMING")
			b.WaitRTPStops()
			c.Accept()
			talk(a, c)
			b.WaitRTPStops()

			// Alternate, and back.
			l.do(with(1, 2), with(2, 1), mediaOf(3, callmodel.HeldByOther))
			talk(a, b)
			c.WaitRTPStops()
			l.do(with(1, 3), with(3, 1), mediaOf(2, callmodel.HeldByOther))
			talk(a, c)
			b.WaitRTPStops()

			// Transfer.
			l.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, with(2, 3), with(3, 2))
			talk(b, c)
			a.WaitIdle()

			// The third user holds, resumes.
			l.on("LegHeld 3", mediaOf(3, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
			l.on("LegRetrieved 3", with(3, 2), with(2, 3))
			c.Hold()
			l.want("LegHeld 3")
			b.WaitRTPStops()
			c.Resume()
			l.want("LegRetrieved 3")
			talk(b, c)

			// The first phone takes the place of the second (pickup, single step
			// transfer).
			l.on("LegAnswered 4", callmodel.Release{Leg: 2, Cause: callmodel.CauseTransfer}, with(4, 3), with(3, 4))
			l.do(ring(4, "1001", 3, "1003"))
			a.WaitFor("CALL_INCOMING")
			a.Accept()
			talk(a, c)
			b.WaitIdle()
			c.Hangup()
			l.want("LegEnded 3")
			l.do(callmodel.Release{Leg: 4, Cause: callmodel.CauseNormalClearing})
			a.WaitIdle()
		})
	}
}
