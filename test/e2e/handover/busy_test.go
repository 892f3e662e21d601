// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"offhook.dev/offhook/softphone"
)

// expect waits for a report and fails on one that says that something went wrong.
func (p *phone) expect(kind softphone.ReportKind) error {
	failures := []softphone.ReportKind{softphone.CallEnded, softphone.ChangeRefused, softphone.RegistrationFailed}
	limit := time.After(patience)
	for {
		select {
		case report := <-p.reports:
			if report.Kind == kind {
				return nil
			}
			if slices.Contains(failures, report.Kind) {
				return fmt.Errorf("awaited %q: %s", kind, report)
			}
		case <-limit:
			return fmt.Errorf("phone %s: no report %q", p.Number(), kind)
		}
	}
}

// use has two phones do all that users do, once.
func use(from, to *phone) error {
	call, err := from.Dial(to.Number())
	if err != nil {
		return err
	}
	for _, p := range []*phone{from, to} {
		if err := p.expect(softphone.CallConnected); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		do          func() error
		here, there softphone.ReportKind
	}{
		{call.Hold, softphone.HeldHere, softphone.HeldByPeer},
		{call.Resume, softphone.ResumedHere, softphone.ResumedByPeer},
		{call.Hangup, softphone.CallEnded, softphone.CallEnded},
	} {
		if err := step.do(); err != nil {
			return err
		}
		if err := from.expect(step.here); err != nil {
			return err
		}
		if err := to.expect(step.there); err != nil {
			return err
		}
	}
	return nil
}

// TestUsersGoOnDuringHandOvers has users dial, hold, resume and hang up all the
// time while the target goes from replica to replica: nothing they do fails.
func TestUsersGoOnDuringHandOvers(t *testing.T) {
	const pairs, handOvers = 8, 8
	o := openOffice(t, 2*pairs)
	transports := []string{"udp", "tcp"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var group sync.WaitGroup
	used := make([]int, pairs)
	for i := range pairs {
		from, to := o.phone(2*i, transports[i%2]), o.phone(2*i+1, transports[i/2%2])
		group.Go(func() {
			for ctx.Err() == nil {
				if err := use(from, to); err != nil {
					t.Errorf("call %d of %s and %s: %v", used[i], from.Number(), to.Number(), err)
					return
				}
				used[i]++
			}
		})
	}
	for range handOvers {
		o.handOver()
	}
	stop()
	group.Wait()
	t.Logf("calls by pair: %v", used)
	for i, calls := range used {
		if calls == 0 {
			t.Errorf("pair %d made no call", i)
		}
	}
}
