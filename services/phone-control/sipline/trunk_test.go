// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// withTrunk gives the target a trunk, whose peer is what is returned.
func withTrunk(t *testing.T, s *script, route func(string) (string, bool)) *phone {
	t.Helper()
	peer := newPhone(t, "gw", s.server, 4100)
	uri := peer.endpoint.LocalURI("udp", "")
	snapshot := testTarget(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	target, _ := snapshot.TargetByName("cme")
	target.Trunk = &targetconfig.Trunk{
		Trunk:  &configv1.Trunk{Name: "pstn", Uri: uri.String(), Username: "trunk"},
		Secret: targetconfig.Secret{Password: "secret"},
	}
	s.driver.source.(*targetconfig.Static).Set(snapshot)
	configured := make(chan struct{})
	s.work <- func() {
		s.driver.trunkRoute = route
		close(configured)
	}
	receive(t, configured, "trunk")
	return peer
}

// calledOnTrunk has a phone dial a number outside, and gives the trunk's INVITE.
func (s *script) calledOnTrunk(from, peer *phone) (*outgoing, *sipstack.ServerTx) {
	s.t.Helper()
	call := from.dial("05551234", from.sdp("sendrecv"))
	s.want("Dialled 1 " + from.number + " 05551234")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, callmodel.Ring{
		Leg: 2, External: "+495551234", Caller: 1, Shown: callmodel.Party{Number: "1001"},
	}, mediaOf(1, callmodel.Ringback))
	return call, peer.invited()
}

// TestCallOnTrunk: a call goes out, is challenged, proceeds, rings and is
// answered.
func TestCallOnTrunk(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001")
	peer := withTrunk(t, s, nil)
	call, tx := s.calledOnTrunk(phones[0], peer)
	_ = tx.Reject(407, sipstack.WithHeader(sipstack.NewHeader("Proxy-Authenticate", `Digest realm="gw", nonce="1", algorithm=MD5`)))
	tx = peer.invited()
	request := tx.Request()
	if !strings.Contains(sipstack.HeaderValue(request, "Proxy-Authorization"), `username="trunk"`) {
		t.Error("no credentials after the challenge")
	}
	uri := peer.endpoint.LocalURI("udp", "+495551234")
	if got := request.Recipient.String(); got != uri.String() {
		t.Errorf("Request-URI is %s, want %s", got, uri.String())
	}
	if got, want := sipstack.HeaderValue(request, "P-Asserted-Identity"), `"Line 1001" <sip:1001@pbx.test>`; got != want {
		t.Errorf("P-Asserted-Identity is %q, want %q", got, want)
	}
	dialog, err := tx.Ring(183, sipstack.WithBody(peer.sdp("sendrecv"), "application/sdp"))
	if err != nil {
		t.Fatal(err)
	}
	dialog.SetHandler(peer)
	if res := call.until(t, 183); !strings.Contains(string(res.Body()), mediaLine(peer)) {
		t.Errorf("early media of the trunk are not passed on:\n%s", res.Body())
	}
	s.want("LegProceeds 2")
	peer.ring(tx)
	call.until(t, 180)
	s.want("LegRinging 2")
	s.on("LegAnswered 2", together(1, 2)...)
	peer.pickUp(tx, peer.sdp("sendrecv"))
	call.until(t, 200)
	_ = call.dialog.Ack(nil, "")
	s.want("LegAnswered 2", "MediaSet 1", "MediaSet 2")
	peer.acked()
	s.quiet()
}

// TestTrunkRefuses: what the trunk says to a call is told to the model, a
// redirection with the number.
func TestTrunkRefuses(t *testing.T) {
	for _, tt := range []struct {
		code    int
		headers []sipstack.ResponseOption
		want    string
	}{
		{404, nil, "LegEnded 2 numberUnallocated"},
		{486, nil, "LegEnded 2 busy"},
		{302, []sipstack.ResponseOption{sipstack.WithHeader(sipstack.NewHeader("Contact", "<sip:1002@pbx.test>"))}, "LegRedirects 2 1002"},
	} {
		t.Run(fmt.Sprint(tt.code), func(t *testing.T) {
			s := newScript(t)
			phones := s.phones("1001")
			_, tx := s.calledOnTrunk(phones[0], withTrunk(t, s, nil))
			_ = tx.Reject(tt.code, tt.headers...)
			s.want(tt.want)
		})
	}
}

// TestCallFromTrunk needs no password, and names who the trunk asserts.
func TestCallFromTrunk(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001")
	peer := withTrunk(t, s, nil)
	responses := make(chan *sipstack.Response, 16)
	dialog, err := peer.endpoint.Invite(sipstack.InviteSpec{
		RequestURI: peer.uri("1001"), From: sipstack.NameAddr{URI: peer.uri("anything")}, To: sipstack.NameAddr{URI: peer.uri("1001")},
		Dest: peer.flow(), Body: peer.sdp("sendrecv"), ContentType: "application/sdp", Handler: peer,
		Headers:    []sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", `"Outside" <sip:+4930123@gw.test>`)},
		OnResponse: func(res *sipstack.Response) { responses <- res },
	})
	if err != nil {
		t.Fatal(err)
	}
	call := &outgoing{dialog: dialog, responses: responses}
	dialled := receive(t, s.indications, "call of the trunk").(callmodel.Dialled)
	if dialled.From != "+4930123" || dialled.Trunk != "pstn" || dialled.Number != "1001" {
		t.Fatalf("%+v", dialled)
	}
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, callmodel.Ring{
		Leg: 2, Line: "1001", Caller: 1, Shown: callmodel.Party{Number: dialled.From},
	}, mediaOf(1, callmodel.Ringback))
	s.on("LegAnswered 2", together(1, 2)...)
	tx := phones[0].invited()
	if got := tx.Request().From().Address.User; got != "+4930123" {
		t.Errorf("the phone is called by %s", got)
	}
	phones[0].pickUp(tx, phones[0].sdp("sendrecv"))
	call.until(t, 200)
	_ = dialog.Ack(nil, "")
	s.want("LegAnswered 2", "MediaSet 1", "MediaSet 2")
}

// TestTrunkByEdge: the call goes to an edge with the mark that tells it so; with
// none alive it fails.
func TestTrunkByEdge(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001")
	edge := newPhone(t, "edge", s.server, 0)
	address := edge.flow().Local
	alive := true
	withTrunk(t, s, func(target string) (string, bool) {
		return strings.Replace(TrunkRoute(address, target), "transport=tcp", "transport=udp", 1), alive
	})
	_, tx := s.calledOnTrunk(phones[0], edge)
	route, ok := tx.OwnRoute()
	if !ok || !route.UriParams.Has(targetconfig.TrunkFlag) || route.User != "cme" || tx.Request().Recipient.User != "+495551234" {
		t.Errorf("route %v, request %s", route, tx.Request().Recipient.String())
	}
	_ = tx.Reject(486)
	s.want("LegEnded 2 busy")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseBusy})
	alive = false
	s.do(callmodel.Ring{Leg: 3, External: "1"})
	s.want("LegEnded 3 destOutOfOrder")
}

// TestMarkOfTheEdge: only the topmost Record-Route is the edge's word; a phone
// that writes the mark itself is challenged.
func TestMarkOfTheEdge(t *testing.T) {
	s := newScript(t)
	withTrunk(t, s, nil)
	stranger := newPhone(t, "1001", s.server, 4001)
	for _, tt := range []struct {
		routes []string
		code   int
	}{
		{[]string{"<sip:token@edge.test;lr>", "<sip:token@edge.test;lr;trunk>"}, 407},
		{nil, 407},
		{[]string{"<sip:token@edge.test;lr;trunk>", "<sip:token@edge.test;lr>"}, 486},
	} {
		responses := make(chan *sipstack.Response, 16)
		spec := sipstack.InviteSpec{
			RequestURI: stranger.uri("1002"), From: sipstack.NameAddr{URI: stranger.uri("1001")}, To: sipstack.NameAddr{URI: stranger.uri("1002")},
			Dest: stranger.flow(), Handler: stranger, OnResponse: func(res *sipstack.Response) { responses <- res },
		}
		for _, route := range tt.routes {
			spec.Headers = append(spec.Headers, sipstack.NewHeader("Record-Route", route))
		}
		if _, err := stranger.endpoint.Invite(spec); err != nil {
			t.Fatal(err)
		}
		if tt.code != 407 {
			dialled := receive(t, s.indications, "call").(callmodel.Dialled)
			s.do(callmodel.RejectDialled{Dialled: dialled.Dialled, Cause: callmodel.CauseBusy})
		}
		(&outgoing{responses: responses}).until(t, tt.code)
	}
}
