// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"testing"

	"offhook.dev/services/flowtoken"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

func TestRerouting(t *testing.T) {
	mint := flowtoken.New([]byte("a key of sixteen"))
	udp, tcp := mint.Seal(flowtoken.Token{Network: "udp", Target: "t"}), mint.Seal(flowtoken.Token{Network: "tcp", Target: "t"})
	reroute := Rerouting(func(hostPort string) Edge {
		return map[string]Edge{"10.0.0.1:5070": EdgeLives, "10.0.0.3:5070": EdgeDrains}[hostPort]
	}, func(token string) (string, bool) {
		return "10.0.0.9:5071", token != "nobody"
	})
	for route, want := range map[string]string{
		"<sip:token@10.0.0.1:5070;transport=tcp;lr>":  "<sip:token@10.0.0.1:5070;transport=tcp;lr>", // lives
		"<sip:token@10.0.0.2:5070;transport=tcp;lr>":  "<sip:token@10.0.0.9:5071;transport=tcp;lr>",
		"<sip:nobody@10.0.0.2:5070;transport=tcp;lr>": "<sip:nobody@10.0.0.2:5070;transport=tcp;lr>", // no edge lives
		"<sip:proxy.example;lr>":                      "<sip:proxy.example;lr>",                      // no edge's
		"<sip:1001@10.0.0.2>":                         "<sip:1001@10.0.0.2>",
		"nonsense":                                    "nonsense",
		"<sip:" + tcp + "@10.0.0.3:5070;lr>":          "<sip:" + tcp + "@10.0.0.3:5070;lr>", // has the connection
		"<sip:" + udp + "@10.0.0.3:5070;lr>":          "<sip:" + udp + "@10.0.0.9:5071;lr>",
	} {
		if got := reroute(route); got != want {
			t.Errorf("%s became %s, want %s", route, got, want)
		}
	}
}

// TestCallsFollowTheRegistration: a phone registers by another edge while it is in
// a call, and is reached there from then on.
func TestCallsFollowTheRegistration(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	from, to := phones[0], phones[1]
	s.connected(from, to)

	edge := newPhone(t, "edge", s.server, 4009)
	passed := make(observer, 16)
	edge.endpoint.SetHandler(passed)
	route := edge.endpoint.RouteURI("udp", "token")
	to.path = "<" + route.String() + ">"
	if code := to.register(600); code != 200 {
		t.Fatalf("REGISTER was answered %d", code)
	}
	s.do(callmodel.Release{Leg: 2, Cause: callmodel.CauseNormalClearing})
	if bye := receive(t, passed, "BYE at the edge"); bye.Method != sipstack.BYE || bye.CallID().Value() != to.current().CallID() {
		t.Errorf("the edge got %s", bye.Method)
	}
	to.silent()
}

// observer takes what a proxy would pass on.
type observer chan *sipstack.Request

func (o observer) HandleRequest(tx *sipstack.ServerTx) {
	o <- tx.Request()
	_ = tx.Respond(200, "")
}

func (o observer) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}
