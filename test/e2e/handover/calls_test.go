// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"strings"
	"testing"

	"offhook.dev/offhook/softphone"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// rig has pairs of phones in calls, and a few that are idle.
type rig struct {
	*office
	from, to []*phone
	idle3    []*phone
}

func openRig(t *testing.T, pairs int) *rig {
	t.Helper()
	const spare = 3
	r := &rig{office: openOffice(t, 2*pairs+spare)}
	transports := []string{"udp", "tcp"}
	for i := range pairs {
		from, to := r.phone(2*i, transports[i%2]), r.phone(2*i+1, transports[i/2%2])
		from.calls(to)
		r.from, r.to = append(r.from, from), append(r.to, to)
	}
	for i := range spare {
		r.idle3 = append(r.idle3, r.phone(2*pairs+i, transports[i%2]))
	}
	r.eventually("all calls and phones are told", func() bool {
		registered, established := 0, 0
		for _, event := range r.toldSince(0) {
			if event.GetBackInService() != nil {
				registered++
			}
			if event.GetEstablished() != nil {
				established++
			}
		}
		return registered == len(r.all()) && established == pairs
	})
	return r
}

func (r *rig) all() []*phone {
	return append(append(append([]*phone(nil), r.from...), r.to...), r.idle3...)
}

// unnoticed hands the target over: no phone is sent anything but what is in
// allowed, no phone reports anything, and no event is made.
func (r *rig) unnoticed(allowed func(line string) bool) {
	r.t.Helper()
	for _, p := range r.all() {
		p.noticed()
	}
	r.wire.taken()
	events := r.told()
	r.handOver()
	for _, line := range r.wire.taken() {
		if allowed == nil || !allowed(line) {
			r.t.Errorf("a phone was sent %s", line)
		}
	}
	for _, p := range r.all() {
		for _, report := range p.noticed() {
			r.t.Errorf("%s", report)
		}
	}
	for _, event := range r.toldSince(events) {
		r.t.Errorf("an event was made: %v", event)
	}
}

// TestPhonesDoNotNoticeHandOvers has 20 calls of phones go from replica to
// replica, three times. What is done in them goes on, whoever does it.
func TestPhonesDoNotNoticeHandOvers(t *testing.T) {
	r := openRig(t, 20)
	from, to, spare := r.from, r.to, r.idle3

	r.unnoticed(nil)
	r.hear(append(append([]*phone(nil), from...), to...)...)
	// By the application, and by hands: these phones know the Contact of a replica
	// that is gone.
	r.hold(from[0])
	to[0].await(softphone.HeldByPeer)
	must(t, from[1].call().Hold())
	from[1].await(softphone.HeldHere)
	to[1].await(softphone.HeldByPeer)
	must(t, to[2].call().Hold())
	to[2].await(softphone.HeldHere)
	from[2].await(softphone.HeldByPeer)
	must(t, from[3].call().Hangup())
	must(t, to[4].call().Hangup())
	r.clear(from[5])
	r.idle(from[3], to[3], from[4], to[4], from[5], to[5])
	r.consult(from[6], spare[0]) // goes on over the next hand-over
	r.hear(from[6], spare[0])
	r.connection(from[1], hold)
	r.connection(to[2], hold)

	r.unnoticed(nil)
	r.retrieve(from[0])
	to[0].await(softphone.ResumedByPeer)
	must(t, from[1].call().Resume())
	from[1].await(softphone.ResumedHere)
	to[1].await(softphone.ResumedByPeer)
	must(t, to[2].call().Resume())
	to[2].await(softphone.ResumedHere)
	from[2].await(softphone.ResumedByPeer)
	r.hear(from[0], to[0], from[1], to[1], from[2], to[2])
	_, err := r.TransferCall(r.within(), &phonecontrolv1.TransferCallRequest{
		Target: "office", HeldCall: r.connection(from[6], hold), ActiveCall: r.connection(from[6], connected),
	})
	must(t, err)
	r.idle(from[6])
	r.hear(to[6], spare[0])
	from[3].calls(to[3])
	r.connection(to[6], connected)

	r.unnoticed(nil)
	r.hear(to[6], spare[0])
	must(t, spare[0].call().Hangup())
	r.idle(to[6], spare[0])
	for i := range from {
		switch {
		case len(from[i].Calls()) == 0:
		case i%3 == 0:
			must(t, from[i].call().Hangup())
		case i%3 == 1:
			must(t, to[i].call().Hangup())
		default:
			r.clear(to[i])
		}
	}
	r.idle(r.all()...)
}

// TestConferencesGoOnAtTheNextMixer: the parties are offered another port, and
// hear each other again.
func TestConferencesGoOnAtTheNextMixer(t *testing.T) {
	r := openRig(t, 2)
	a, b, c := r.from[0], r.to[0], r.idle3[0]
	r.consult(a, c)
	_, err := r.ConferenceCall(r.within(), &phonecontrolv1.ConferenceCallRequest{
		Target: "office", HeldCall: r.connection(a, hold), ActiveCall: r.connection(a, connected),
	})
	must(t, err)
	r.hear(a, b, c)
	for range 2 {
		before := r.owner.id
		for _, p := range r.all() {
			p.noticed()
		}
		r.wire.taken()
		r.handOver()
		r.hear(a, b, c)
		var invited []string
		for _, line := range r.wire.taken() {
			if !strings.HasPrefix(line, "INVITE ") && !strings.HasPrefix(line, "ACK ") {
				t.Errorf("a phone was sent %s", line)
			}
			if strings.HasPrefix(line, "INVITE ") {
				invited = append(invited, line)
			}
		}
		if len(invited) != 3 {
			t.Errorf("after %s %d phones were offered another port, want 3: %v", before, len(invited), invited)
		}
		r.hear(r.from[1], r.to[1])
	}
	must(t, c.call().Hangup())
	r.idle(c)
	r.hear(a, b)
	r.clear(a)
	r.idle(a, b)
}

// TestEdgeIsReplaced has another edge take the address of the one that phones are
// registered and in calls by.
func TestEdgeIsReplaced(t *testing.T) {
	o := openOffice(t, 6)
	var phones []*phone
	for i := range 6 {
		phones = append(phones, o.phone(i, "udp"))
	}
	phones[0].calls(phones[1])
	phones[2].calls(phones[3])
	for _, id := range []string{"edge-1", "edge-2"} {
		o.replaceEdge(id)
		o.hold(phones[0])
		phones[1].await(softphone.HeldByPeer)
		o.retrieve(phones[0])
		phones[1].await(softphone.ResumedByPeer)
		must(t, phones[2].call().Hold())
		phones[2].await(softphone.HeldHere)
		phones[3].await(softphone.HeldByPeer)
		must(t, phones[2].call().Resume())
		phones[2].await(softphone.ResumedHere)
		phones[3].await(softphone.ResumedByPeer)
		phones[4].calls(phones[5]) // which are registered by an edge that is gone
		must(t, phones[5].call().Hangup())
		o.idle(phones[4], phones[5])
		o.handOver()
	}
	must(t, phones[1].call().Hangup())
	o.clear(phones[2])
	o.idle(phones...)
}
