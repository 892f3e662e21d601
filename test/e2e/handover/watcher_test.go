// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"offhook.dev/services/sipstack"
)

// watcher is a phone that shows with a lamp what another line does.
type watcher struct {
	endpoint *sipstack.Endpoint
	server   string
	number   string
	notified chan *sipstack.Request
}

func (o *office) watcher(i int) *watcher {
	o.t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := endpoint.Listen("udp", "127.0.0.1:0"); err != nil {
		o.t.Fatal(err)
	}
	w := &watcher{endpoint: endpoint, server: o.edge.udp, number: lineNumber(i), notified: make(chan *sipstack.Request, 100)}
	endpoint.SetHandler(w)
	o.phones = append(o.phones, o.run(endpoint.Run))
	return w
}

// HandleRequest implements sipstack.Handler.
func (w *watcher) HandleRequest(tx *sipstack.ServerTx) { _ = tx.Reject(489) }

// HandleStray implements sipstack.Handler.
func (w *watcher) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

// HandleUnknownDialog implements sipstack.UnknownDialogHandler: it has no others.
func (w *watcher) HandleUnknownDialog(tx *sipstack.ServerTx) *sipstack.Dialog {
	_ = tx.Respond(200, "")
	w.notified <- tx.Request()
	return nil
}

// subscribe watches a line, and gives the final response's status.
func (w *watcher) subscribe(line string) error {
	uri := "sip:" + line + "@" + domain
	callID, tag := rand.Text(), rand.Text()
	var authorization sipstack.Header
	for cseq := 1; ; cseq++ {
		resource, err := sipstack.ParseURI(uri)
		if err != nil {
			return err
		}
		own := "<sip:" + w.number + "@" + domain + ">"
		req := sipstack.NewRequest(sipstack.SUBSCRIBE, resource)
		for _, field := range [][2]string{
			{"Route", "<sip:" + w.server + ";transport=udp;lr>"}, {"From", own + ";tag=" + tag}, {"To", "<" + uri + ">"},
			{"Call-ID", callID}, {"CSeq", fmt.Sprintf("%d SUBSCRIBE", cseq)}, {"Event", "dialog"}, {"Expires", "600"},
			{"Contact", sipstack.NameAddr{URI: w.endpoint.LocalURI("udp", w.number)}.String()},
		} {
			req.AppendHeader(sipstack.NewHeader(field[0], field[1]))
		}
		if authorization != nil {
			req.AppendHeader(authorization)
		}
		answers := make(chan *sipstack.Response, 1)
		if _, err := w.endpoint.Send(req, sipstack.Flow{}, func(res *sipstack.Response) {
			if res.StatusCode >= 200 {
				answers <- res
			}
		}); err != nil {
			return err
		}
		var res *sipstack.Response
		select {
		case res = <-answers:
		case <-time.After(patience):
			return errors.New("no answer")
		}
		switch {
		case res.StatusCode == 200:
			return nil
		case res.StatusCode != 401 || authorization != nil:
			return fmt.Errorf("answered %d %s", res.StatusCode, res.Reason)
		}
		challenge, err := digest.ParseChallenge(sipstack.HeaderValue(res, "WWW-Authenticate"))
		if err != nil {
			return err
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "SUBSCRIBE", URI: uri, Username: w.number, Password: "pw" + w.number, Count: 1, Cnonce: rand.Text(),
		})
		if err != nil {
			return err
		}
		authorization = sipstack.NewHeader("Authorization", credentials.String())
	}
}

// told waits for a NOTIFY whose state and body have such texts.
func (w *watcher) told(state, body string) error {
	var others []string
	limit := time.After(patience)
	for {
		select {
		case req := <-w.notified:
			now := sipstack.HeaderValue(req, "Subscription-State")
			if strings.HasPrefix(now, state) && strings.Contains(string(req.Body()), body) {
				return nil
			}
			others = append(others, now+"\n"+string(req.Body()))
		case <-limit:
			return fmt.Errorf("no NOTIFY %s with %s, but %q", state, body, others)
		}
	}
}

// TestLampsAreWatchedAnew: subscriptions end with their owner, for a reason after
// which phones subscribe again at once (RFC 6665 4.2.3), though the target has no
// owner just then. The lamp shows the call that went over.
func TestLampsAreWatchedAnew(t *testing.T) {
	o := openOffice(t, 3)
	from, to := o.phone(0, "udp"), o.phone(1, "tcp")
	from.calls(to)
	w := o.watcher(2)
	must(t, w.subscribe(from.Number()))
	must(t, w.told("active", "<state>confirmed</state>"))
	for range 3 {
		again := make(chan error, 1)
		go func() {
			again <- errors.Join(w.told("terminated;reason=deactivated", ""), w.subscribe(from.Number()), w.told("active", "<state>confirmed</state>"))
		}()
		o.handOver()
		must(t, <-again)
	}
	must(t, to.call().Hangup())
	must(t, w.told("active", "<state>terminated</state>"))
	o.idle(from, to)
}
