// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs testdata/*.txt: REGISTER requests against the table of
// one target, with time moved by hand.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		policy := Policy{MinExpires: time.Minute, DefaultExpires: time.Hour, MaxExpires: 2 * time.Hour, MaxBindings: 3}
		table := NewBindings(policy)
		start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		now := start
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "register":
				return describe(table.Register(registerOf(t, d), now), now)
			case "advance":
				var by string
				d.ScanArgs(t, "by", &by)
				duration, err := time.ParseDuration(by)
				if err != nil {
					t.Fatal(err)
				}
				now = now.Add(duration)
				return describe(table.Expire(now), now)
			case "retain":
				kept := d.Input
				return describe(table.Retain(func(line, device string) bool {
					return strings.Contains(kept, line+"/"+device)
				}), now)
			case "next-expiry":
				next, ok := table.NextExpiry()
				if !ok {
					return "never\n"
				}
				return next.Sub(now).String() + "\n"
			case "lines":
				return fmt.Sprintf("%v of %d\n", table.Lines(), table.Len())
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

// registerOf reads a command: arguments line, device, call-id, cseq, and as
// input lines in the form of headers.
func registerOf(t *testing.T, d *datadriven.TestData) Register {
	r := Register{Expires: -1, Device: "phone"}
	d.ScanArgs(t, "line", &r.Line)
	d.MaybeScanArgs(t, "device", &r.Device)
	d.ScanArgs(t, "call-id", &r.CallID)
	var cseq int
	d.ScanArgs(t, "cseq", &cseq)
	r.CSeq = uint32(cseq)
	var contacts []string
	for line := range strings.Lines(d.Input) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Contact":
			contacts = append(contacts, value)
		case "Expires":
			r.Expires = ParseSeconds(value)
		case "Path":
			r.Path = append(r.Path, SplitList(value)...)
		default:
			t.Fatalf("unknown header %q", name)
		}
	}
	var err error
	if r.Contacts, r.Star, err = ParseContacts(contacts); err != nil {
		t.Fatal(err)
	}
	return r
}

func describe(out Outcome, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", out.Code)
	for _, binding := range out.Bindings {
		fmt.Fprintf(&b, "  %s;expires=%d", binding.Contact, int(binding.Expires.Sub(now).Seconds()))
		if len(binding.Path) > 0 {
			fmt.Fprintf(&b, " path %s", strings.Join(binding.Path, ", "))
		}
		b.WriteByte('\n')
	}
	for _, binding := range out.Put {
		fmt.Fprintf(&b, "store %s\n", binding.Contact)
	}
	for _, binding := range out.Deleted {
		fmt.Fprintf(&b, "delete %s\n", binding.Contact)
	}
	for _, line := range out.InService {
		fmt.Fprintf(&b, "line %s in service\n", line)
	}
	for _, line := range out.OutOfService {
		fmt.Fprintf(&b, "line %s out of service\n", line)
	}
	return b.String()
}
