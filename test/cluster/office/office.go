// SPDX-License-Identifier: Apache-2.0

package office

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/services/cstaclient"
)

// patience bounds every step that the office waits for.
const patience = 30 * time.Second

// atOnce bounds how many lines are begun at a time.
const atOnce = 8

// sessionsPerClient is how many sessions share one SIP endpoint, and so one
// connection.
const sessionsPerClient = 20

// Options of an office. All are required but Logf.
type Options struct {
	// Server is the host:port that phones and applications use.
	Server string
	// Domain of the target.
	Domain string
	// LocalIP is where phones and applications send from.
	LocalIP string
	// Calls that are up at a time, each between two lines of their own.
	Calls int
	// SessionsPerLine are the CSTA sessions that monitor each line.
	SessionsPerLine int
	// Pause between two services on one call.
	Pause time.Duration
	// Logf is told what goes wrong when it does; nil: nobody.
	Logf func(format string, arguments ...any)
}

// Office is a running office. Start, Work and Close are called one after the
// other.
type Office struct {
	options Options
	clients []*cstaclient.Client
	pairs   []*pair
	// phones run until Close.
	phones    errgroup.Group
	stopPhone context.CancelFunc

	mutex    sync.Mutex
	failures []error
}

// Report counts what an office did.
type Report struct {
	// Calls and Sessions that were up, Services that were asked for, and Events
	// that came.
	Calls, Sessions, Services, Events int
}

// Start registers the phones, opens and monitors, and brings all calls up. Half
// of the phones and of the sessions use UDP, half TCP.
func Start(ctx context.Context, options Options) (*Office, error) {
	o := &Office{options: options}
	phones, stop := context.WithCancel(context.WithoutCancel(ctx))
	o.stopPhone = stop
	if err := o.start(ctx, phones); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func (o *Office) start(ctx, phones context.Context) error {
	sessions := 2 * o.options.Calls * o.options.SessionsPerLine
	// A client has one session on a line: a second would replace the first.
	for i := range max((sessions+sessionsPerClient-1)/sessionsPerClient, o.options.SessionsPerLine) {
		client, err := cstaclient.New(ctx, cstaclient.Options{Server: o.options.Server, Transport: transport(i), LocalIP: o.options.LocalIP, Product: "office"})
		if err != nil {
			return err
		}
		o.clients = append(o.clients, client)
	}
	for i := range o.options.Calls {
		o.pairs = append(o.pairs, newPair(o, i))
	}
	begin, ctx := errgroup.WithContext(ctx)
	begin.SetLimit(atOnce)
	for i, p := range o.pairs {
		begin.Go(func() error {
			if err := p.begin(ctx, phones); err != nil {
				return fmt.Errorf("call %d: %w", i, err)
			}
			return nil
		})
	}
	return begin.Wait()
}

// transport alternates.
func transport(i int) string { return []string{"udp", "tcp"}[i%2] }

// client of the i-th session: neighbours use different transports.
func (o *Office) client(i int) *cstaclient.Client { return o.clients[i%len(o.clients)] }

// Work holds every call and takes it back, again and again, until the context
// ends, or until a service fails.
func (o *Office) Work(ctx context.Context) error {
	working, failed := errgroup.WithContext(ctx)
	for i, p := range o.pairs {
		working.Go(func() error {
			if err := p.work(ctx, failed.Done()); err != nil {
				o.failed("call %d: %w", i, err)
				return err
			}
			return nil
		})
	}
	return working.Wait()
}

func (o *Office) failed(format string, arguments ...any) {
	err := fmt.Errorf(format, arguments...)
	if o.options.Logf != nil {
		o.options.Logf("%s %v", time.Now().Format("15:04:05.000"), err)
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.failures = append(o.failures, err)
}

// Verify clears every call by CSTA and checks, for every session, that it is
// open and has had each event of its line once and in order, and for every
// phone that its call was up until then.
func (o *Office) Verify(ctx context.Context) (Report, error) {
	report := Report{Calls: len(o.pairs)}
	var verifying errgroup.Group
	verifying.SetLimit(atOnce)
	for i, p := range o.pairs {
		verifying.Go(func() error {
			if err := p.verify(ctx); err != nil {
				o.failed("call %d: %w", i, err)
			}
			return nil
		})
	}
	_ = verifying.Wait()
	for _, p := range o.pairs {
		report.Services += p.services
		for _, s := range p.sessions() {
			report.Sessions++
			report.Events += s.count()
		}
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return report, errors.Join(o.failures...)
}

// Close ends the sessions and the phones.
func (o *Office) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var closing errgroup.Group
	closing.SetLimit(atOnce)
	for _, p := range o.pairs {
		for _, s := range p.sessions() {
			closing.Go(func() error { return s.close(ctx) })
		}
	}
	failures := []error{closing.Wait()}
	for _, client := range o.clients {
		failures = append(failures, client.Close())
	}
	o.stopPhone()
	return errors.Join(append(failures, o.phones.Wait())...)
}
