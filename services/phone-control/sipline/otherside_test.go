// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/sipstack"
)

// otherSide stands in for the target's other line side. Its state belongs to the
// target's goroutine; what it is asked is put in a channel.
type otherSide struct {
	s       *script
	told    chan string
	parties map[callmodel.LegID]callmodel.Party
	streams map[callmodel.LegID]*otherStream
}

// otherStream is the end of a leg at the other side.
type otherStream struct {
	side   *otherSide
	leg    callmodel.LegID
	codecs []lineside.Codec
	// asked: the phone has to be asked first, and ready waits for it.
	asked bool
	ready func()
	// refusal is what Open gives, gone what Connect gives.
	refusal, gone error
}

// withOther gives the driver another line side that has legs, whose parties have
// the numbers 2000 and the leg's.
func withOther(s *script, legs ...callmodel.LegID) *otherSide {
	s.t.Helper()
	n := &otherSide{s: s, told: make(chan string, 64), parties: map[callmodel.LegID]callmodel.Party{}, streams: map[callmodel.LegID]*otherStream{}}
	n.do(func() {
		for _, leg := range legs {
			n.parties[leg] = callmodel.Party{Number: callmodel.DeviceID(fmt.Sprint(2000 + leg)), Name: "Other"}
		}
		s.driver.SetNeighbour(n)
	})
	return n
}

func (n *otherSide) note(format string, args ...any) { n.told <- fmt.Sprintf(format, args...) }

// do does something on the target's goroutine, and waits for it.
func (n *otherSide) do(work func()) {
	n.s.t.Helper()
	done := make(chan struct{})
	n.s.work <- func() { work(); close(done) }
	receive(n.s.t, done, "work of the other side")
}

// streamsOf has the other side be ready for a leg.
func (n *otherSide) streamsOf(leg callmodel.LegID, codecs ...lineside.Codec) *otherStream {
	n.s.t.Helper()
	stream := &otherStream{side: n, leg: leg, codecs: codecs}
	n.do(func() { n.streams[leg] = stream })
	return stream
}

// expect waits for what the other side is told, in order.
func (n *otherSide) expect(wanted ...string) {
	n.s.t.Helper()
	for _, want := range wanted {
		if got := receive(n.s.t, n.told, want); got != want {
			n.s.t.Fatalf("the other side is told %q, want %q", got, want)
		}
	}
}

// quiet checks that nobody is told anything more.
func (n *otherSide) quiet() {
	n.s.t.Helper()
	n.s.quiet()
	select {
	case got := <-n.told:
		n.s.t.Errorf("the other side is told %q as well", got)
	default:
	}
}

func (n *otherSide) Party(leg callmodel.LegID) (callmodel.Party, bool) {
	party, ok := n.parties[leg]
	return party, ok
}

func (n *otherSide) Rings(leg callmodel.LegID, called callmodel.Party) {
	n.note("Rings %d %s", leg, called.Number)
}

func (n *otherSide) Stream(leg, _ callmodel.LegID) lineside.Stream {
	if stream, ok := n.streams[leg]; ok {
		return stream
	}
	return nil
}
func (n *otherSide) Ready(callmodel.LegID) {}
func (n *otherSide) Pressed(leg callmodel.LegID, digits string) {
	n.note("Pressed %d %s", leg, digits)
}
func (n *otherSide) PressedInConference(callmodel.CallID, byte) {}

func (o *otherStream) Open(codecs []lineside.Codec, ready func()) (lineside.Description, bool, error) {
	switch {
	case o.refusal != nil:
		return lineside.Description{}, false, o.refusal
	case o.asked:
		o.ready = ready
		o.side.note("Open %d %v", o.leg, codecs)
		return lineside.Description{}, false, nil
	}
	if len(codecs) == 0 {
		codecs = o.codecs
	}
	for _, codec := range codecs {
		if slices.Contains(o.codecs, codec) {
			return lineside.Description{
				Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), 24000+uint16(o.leg)), Codec: codec, TelephoneEvent: 101,
			}, true, nil
		}
	}
	return lineside.Description{}, false, &callmodel.Error{Category: "operation", Value: "requestIncompatibleWithDevice", Detail: "no common codec"}
}

func (o *otherStream) Connect(remote lineside.Description) error {
	if o.gone != nil {
		return o.gone
	}
	o.side.note("Connect %d %s %s %d", o.leg, remote.Address, remote.Codec, remote.TelephoneEvent)
	return nil
}

func (o *otherStream) Close() { o.side.note("Close %d", o.leg) }

// answers has the phone that is asked answer.
func (o *otherStream) answers(refusal error) {
	o.side.s.t.Helper()
	o.side.do(func() {
		o.asked, o.refusal = false, refusal
		o.ready()
	})
}

// describes checks that a description is that of a leg of the other side, with
// one codec and telephone-event.
func describes(t *testing.T, body []byte, leg callmodel.LegID, payload int) {
	t.Helper()
	for _, want := range []string{"c=IN IP4 127.0.0.9\r\n", fmt.Sprintf("m=audio %d RTP/AVP %d 101\r\n", 24000+leg, payload)} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the phone is told %q, want %q in it", body, want)
		}
	}
}

// connected is a phone's call to a leg 2 of the other side, as leg 1.
func (n *otherSide) connected(p *phone, codecs ...lineside.Codec) {
	n.s.t.Helper()
	call := p.dial("2002", p.sdp("sendrecv"))
	n.s.want("Dialled 1 " + p.number + " 2002")
	n.streamsOf(2, codecs...)
	n.s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, with(1, 2))
	res := call.until(n.s.t, 200)
	_ = call.dialog.Ack(nil, "")
	describes(n.s.t, res.Body(), 2, int(payloadOf(codecs[0])))
	n.expect(fmt.Sprintf("Connect 2 127.0.0.1:%d %s 101", p.media, codecs[0]))
	n.s.want("MediaSet 1")
}

// retaken has a phone answer a re-INVITE that takes its media to a leg of the
// other side.
func retaken(t *testing.T, p *phone, leg callmodel.LegID) *sipstack.Request {
	t.Helper()
	tx := receive(t, p.requests, "re-INVITE at phone "+p.number)
	describes(t, tx.Request().Body(), leg, 0)
	if err := tx.Respond(200, "", sipstack.WithBody(p.sdp("sendrecv"), "application/sdp")); err != nil {
		t.Fatal(err)
	}
	p.acked()
	return tx.Request()
}
