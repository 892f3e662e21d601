// SPDX-License-Identifier: Apache-2.0

package eventqueue

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs testdata/*.txt: what happens to a queue, and what it
// sends at once.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var q *Queue
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			switch d.Cmd {
			case "queue":
				var limits Limits
				network, lost := "tcp", ""
				d.MaybeScanArgs(t, "events", &limits.Events)
				d.MaybeScanArgs(t, "bytes", &limits.Bytes)
				d.MaybeScanArgs(t, "unanswered", &limits.Unanswered)
				d.MaybeScanArgs(t, "network", &network)
				d.MaybeScanArgs(t, "lost", &lost)
				q = NewQueue(limits, network == "tcp", []byte(lost))
				return "ok\n"
			case "push":
				for _, arg := range d.CmdArgs {
					if n := q.Push(Event{Head: []byte("<"), CrossRef: arg.Key, Tail: []byte(">")}); n > 0 {
						fmt.Fprintf(&out, "dropped %d\n", n)
					}
				}
			case "request":
				q.RequestStarted()
			case "response":
				q.RequestAnswered()
			case "answer":
				q.Answered(scanID(t, d))
			case "timeout":
				q.TimedOut(scanID(t, d))
			case "broken":
				q.Broken(scanID(t, d))
			case "give-up":
				q.GiveUp(scanID(t, d))
			case "unblock":
				q.Unblock(!d.HasArg("udp"))
			case "response-but-write-fails":
				q.RequestAnswered()
				send, ok := q.Next()
				if !ok {
					return "nothing to send\n"
				}
				if n := q.Failed(send); n > 0 {
					fmt.Fprintf(&out, "dropped %d\n", n)
				}
			case "close":
				fmt.Fprintf(&out, "dropped %d\n", q.Close())
			default:
				t.Fatalf("unknown command %q", d.Cmd)
			}
			for send, ok := q.Next(); ok; send, ok = q.Next() {
				fmt.Fprintf(&out, "send %s", send.Event.Body())
				if send.ID != 0 {
					fmt.Fprintf(&out, " id=%d", send.ID)
				}
				if send.First {
					out.WriteString(" first")
				}
				out.WriteString("\n")
			}
			if q.Len() > 0 {
				fmt.Fprintf(&out, "%d waiting\n", q.Len())
			}
			return out.String()
		})
	})
}

func scanID(t *testing.T, d *datadriven.TestData) SendID {
	var id uint64
	d.ScanArgs(t, "id", &id)
	return SendID(id)
}

// TestOrderHoldsWhateverHappens feeds random steps and checks that what is
// sent is a subsequence of what was pushed, that nothing goes out while a
// request is served, and that pushed = sent + dropped + waiting.
func TestOrderHoldsWhateverHappens(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		q := NewQueue(Limits{Events: 8, Bytes: 200}, random.IntN(2) == 0, nil)
		pushed, sent, dropped, last, serving := 0, 0, 0, -1, 0
		var under []SendID
		for range 500 {
			switch random.IntN(7) {
			case 0, 1:
				dropped += q.Push(Event{CrossRef: fmt.Sprintf("%08d", pushed)})
				pushed++
			case 2:
				q.RequestStarted()
				serving++
			case 3:
				q.RequestAnswered()
				serving = max(0, serving-1)
			case 4:
				if len(under) > 0 {
					if random.IntN(2) == 0 {
						q.Answered(under[0])
					} else {
						q.TimedOut(under[0])
					}
					under = under[1:]
				}
			case 5:
				q.Unblock(random.IntN(2) == 0)
			case 6:
				if send, ok := q.Next(); ok {
					dropped += q.Failed(send)
				}
			}
			for send, ok := q.Next(); ok; send, ok = q.Next() {
				var number int
				fmt.Sscanf(send.Event.CrossRef, "%d", &number)
				if number <= last {
					t.Fatalf("seed %d: event %d sent after %d", seed, number, last)
				}
				if serving > 0 {
					t.Fatalf("seed %d: event %d sent before a response", seed, number)
				}
				last = number
				sent++
				if send.ID != 0 {
					under = append(under, send.ID)
				}
			}
		}
		if pushed != sent+dropped+q.Len() {
			t.Fatalf("seed %d: pushed %d, sent %d, dropped %d, waiting %d", seed, pushed, sent, dropped, q.Len())
		}
	}
}
