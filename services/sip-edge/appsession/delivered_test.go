// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"fmt"
	"testing"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
)

func TestEachEventIsGivenOnce(t *testing.T) {
	const refused, taken, repeated, doubtful = eventRefused, eventTaken, eventRepeated, eventDoubtful
	type step struct {
		number   uint64
		occurred int64
		crossRef string
		replayed bool
		closed   bool
		want     taking
	}
	for name, test := range map[string]struct {
		incomplete bool
		steps      []step
	}{
		"in order":                {steps: []step{{number: 1, occurred: 10, want: taken}, {number: 2, occurred: 20, want: taken}, {number: 2, occurred: 20, want: repeated}, {number: 1, occurred: 10, replayed: true, want: repeated}, {number: 3, occurred: 20, replayed: true, want: taken}}},
		"each monitor":            {steps: []step{{number: 5, occurred: 10, crossRef: "a", want: taken}, {number: 5, occurred: 10, crossRef: "b", want: taken}, {number: 5, occurred: 10, crossRef: "a", want: repeated}}},
		"numbers begin anew":      {steps: []step{{number: 900, occurred: 10, want: taken}, {number: 1, occurred: 20, want: taken}, {number: 2, occurred: 20, want: taken}, {number: 1, occurred: 20, want: repeated}}},
		"clocks differ":           {steps: []step{{number: 1, occurred: 30, want: taken}, {number: 2, occurred: 10, want: taken}, {number: 1, occurred: 30, want: repeated}}},
		"notices are no events":   {steps: []step{{want: taken}, {want: taken}}},
		"a session that has gone": {steps: []step{{number: 1, occurred: 1, closed: true, want: refused}, {number: 1, occurred: 1, want: taken}}},
		"came without a word": {incomplete: true, steps: []step{
			{number: 1, occurred: 1, replayed: true, want: doubtful}, {number: 2, occurred: 2, replayed: true, want: repeated},
			{number: 3, occurred: 3, want: taken}, {number: 2, occurred: 2, replayed: true, want: repeated}, {number: 4, occurred: 4, replayed: true, want: taken},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			first := &delivered{incomplete: test.incomplete}
			for i, step := range test.steps {
				// The session is at another edge with each step.
				d := &delivered{unsure: first.unsure}
				d.resume(first.save())
				first = d
				request := &edgev1.DeliverRequest{Number: step.number, OccurredUnixNano: step.occurred, Replayed: step.replayed}
				given := false
				got := d.take(request, step.crossRef, func() bool { given = !step.closed; return given })
				if got != step.want || given != (got == taken) {
					t.Errorf("step %d: %d, given %v, want %d", i, got, given, step.want)
				}
			}
		})
	}
}

func TestManyMonitorsAreForgotten(t *testing.T) {
	d := &delivered{}
	for i := range maxDelivered + 1 {
		d.take(&edgev1.DeliverRequest{Number: 1, OccurredUnixNano: 1}, fmt.Sprint(i), func() bool { return true })
	}
	if len(d.last) != 1 || !d.incomplete {
		t.Errorf("%d are known, incomplete %v", len(d.last), d.incomplete)
	}
}
