// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"

	"github.com/icholy/digest"

	"offhook.dev/services/sipstack"
)

// register registers by digest and gives the final code.
func (p *phone) register(expires int) int {
	p.t.Helper()
	return p.registerFully(expires).StatusCode
}

func (p *phone) registerFully(expires int) *sipstack.Response {
	p.t.Helper()
	contact := p.endpoint.LocalURI("udp", p.contactUser)
	var authorization string
	for {
		p.cseq++
		request := sipstack.NewRequest("REGISTER", sipstack.URI{Scheme: "sip", Host: "pbx.test"})
		aor := p.uri(p.aor)
		for name, value := range map[string]string{
			"From": "<" + aor.String() + ">;tag=r", "To": "<" + aor.String() + ">", "Call-ID": p.regID,
			"CSeq":    fmt.Sprintf("%d REGISTER", p.cseq),
			"Contact": fmt.Sprintf("<%s>;expires=%d", contact.String(), expires),
		} {
			request.AppendHeader(sipstack.NewHeader(name, value))
		}
		if p.allow != "" {
			request.AppendHeader(sipstack.NewHeader("Allow-Events", p.allow))
		}
		if p.path != "" {
			request.AppendHeader(sipstack.NewHeader("Path", p.path))
		}
		if authorization != "" {
			request.AppendHeader(sipstack.NewHeader("Authorization", authorization))
		}
		final := make(chan *sipstack.Response, 1)
		if _, err := p.endpoint.Send(request, p.flow(), func(res *sipstack.Response) {
			if res.StatusCode >= 200 {
				final <- res
			}
		}); err != nil {
			p.t.Fatal(err)
		}
		res := receive(p.t, final, "answer to REGISTER")
		if res.StatusCode != 401 || authorization != "" {
			return res
		}
		for _, value := range sipstack.HeaderValues(res, "WWW-Authenticate") {
			challenge, err := digest.ParseChallenge(value)
			if err != nil || challenge.Algorithm == "SHA-256" {
				continue
			}
			credentials, err := digest.Digest(challenge, digest.Options{
				Method: "REGISTER", URI: "sip:pbx.test", Username: p.number, Password: p.password, Count: 1, Cnonce: "abcdef",
			})
			if err != nil {
				p.t.Fatal(err)
			}
			authorization = credentials.String()
		}
	}
}
