// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// maxBody bounds the body of a SUBSCRIBE.
const maxBody = 8 << 10

const (
	busyRetry    = 5 * time.Second
	limiterRetry = 30 * time.Second
)

// HandleSubscribe serves a SUBSCRIBE outside any dialog: it challenges and
// verifies the phone as at REGISTER and then does what Subscribe does.
func (r *Registry) HandleSubscribe(tx *sipstack.ServerTx) {
	if _, _, known := readEvent(tx.Request()); !known {
		r.requested(badEvent(tx))
		return
	}
	device, code := registrar.Authenticate(r.options.Auth, r.options.Config(), digestauth.WWW, tx)
	if device == nil {
		r.requested(code)
		return
	}
	r.Subscribe(tx, device)
}

// Subscribe serves a SUBSCRIBE of a phone that is verified.
func (r *Registry) Subscribe(tx *sipstack.ServerTx, device *targetconfig.Device) {
	r.requested(r.subscribe(tx, device))
}

func (r *Registry) requested(code int) { r.options.Metrics.requested(r.options.Target, code) }

func (r *Registry) subscribe(tx *sipstack.ServerTx, device *targetconfig.Device) int {
	req := tx.Request()
	p, id, known := readEvent(req)
	switch {
	case !known:
		return badEvent(tx)
	case tx.Dialog() != nil || hasToTag(req):
		return reject(tx, 481)
	case !tx.RequireOnly():
		return 420
	case !r.limiter.Allow(device.GetUsername()):
		_ = tx.RejectBusy(limiterRetry)
		return 503
	}
	line, code := r.lineOf(req, device, p)
	if line == nil {
		return reject(tx, code)
	}
	if p != FeatureEvent && !accepts(req, map[Package]string{Dialog: typeDialog, MessageSummary: typeSummary}[p]) {
		return reject(tx, 406)
	}
	expires, ok := r.granted(req)
	if !ok {
		return r.tooBrief(tx)
	}
	asked, code := readBody(req, p)
	if code != 0 {
		return rejectBody(tx, code)
	}
	s := &Subscription{
		Package: p, Line: line.GetNumber(), Device: device.GetUsername(), Contact: contactOf(req), EventID: id,
		entity: entityOf(req, line), domain: hostOf(req),
	}
	if code := r.add(tx, s, expires); code != 0 {
		return code
	}
	if asked != nil {
		r.set(s, *asked)
	}
	dialog, err := tx.Accept(sipstack.AcceptSpec{
		Code: 200, Handler: &dialogHandler{registry: r, subscription: s}, Headers: acceptedHeaders(expires),
	})
	if err != nil {
		r.drop(s)
		return 503 // answered by the endpoint, or nobody is there any more
	}
	r.change(func() {
		s.dialog = dialog
		r.table.Established(s)
		if expires == 0 {
			r.table.End(s, ReasonTimeout)
		}
	})
	return 200
}

// add makes room for a subscription; a status other than 0 was answered.
func (r *Registry) add(tx *sipstack.ServerTx, s *Subscription, expires time.Duration) int {
	until := r.options.Now().Add(expires)
	if expires == 0 {
		// One that only asks is over after its NOTIFY, not before.
		until = until.Add(time.Minute)
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		_ = tx.RejectBusy(busyRetry)
		return 503
	}
	replaced, err := r.table.Add(s, until)
	r.mu.Unlock()
	for _, other := range replaced {
		if other.dialog != nil {
			other.dialog.Reset() // the phone has forgotten it
		}
	}
	switch {
	case errors.Is(err, ErrTableFull):
		_ = tx.RejectBusy(busyRetry)
		return 503
	case err != nil:
		return reject(tx, 403)
	}
	return 0
}

// lineOf finds the line that a SUBSCRIBE is about; nil: the status says why.
func (r *Registry) lineOf(req *sipstack.Request, device *targetconfig.Device, p Package) (*targetconfig.Line, int) {
	user := req.Recipient.User
	line, known := r.options.Config().Line(user)
	switch {
	case user == "" || user == device.GetUsername():
		return device.Line, 0
	case !known && p == Dialog:
		return nil, 404
	case !known:
		// Phones name their voice mail's number here and mean their own line.
		return device.Line, 0
	case !mayWatch(device, line, p):
		return nil, 403
	default:
		return line, 0
	}
}

// mayWatch tells whether a phone may subscribe to a line: its own, and the
// calls of lines that may be watched (CME's `allow watch`).
func mayWatch(device *targetconfig.Device, line *targetconfig.Line, p Package) bool {
	return device.Line.GetNumber() == line.GetNumber() || p == Dialog && line.GetWatch()
}

// granted is how long a subscription lasts, zero where it is to end; false:
// what was asked for is too brief.
func (r *Registry) granted(req *sipstack.Request) (time.Duration, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(sipstack.HeaderValue(req, "Expires")), 10, 31)
	asked := time.Duration(n) * time.Second
	switch {
	case err != nil:
		return r.limits.DefaultExpires, true
	case asked != 0 && asked < r.limits.MinExpires:
		return 0, false
	default:
		return min(asked, r.limits.MaxExpires), true
	}
}

func (r *Registry) tooBrief(tx *sipstack.ServerTx) int {
	least := strconv.Itoa(int(r.limits.MinExpires / time.Second))
	return reject(tx, 423, sipstack.WithHeader(sipstack.NewHeader("Min-Expires", least)))
}

// readBody reads the change that a SUBSCRIBE asks for; nil: none. A status
// other than 0 says what is wrong with it.
func readBody(req *sipstack.Request, p Package) (*change, int) {
	body := req.Body()
	switch {
	case len(body) == 0 || p != FeatureEvent:
		return nil, 0
	case len(body) > maxBody:
		return nil, 413
	case !strings.EqualFold(sipstack.MediaType(req), typeFeature):
		return nil, 415
	}
	asked, err := readChange(body)
	switch {
	case errors.Is(err, errUnsupported):
		return nil, 501
	case err != nil:
		return nil, 400
	}
	return &asked, 0
}

func rejectBody(tx *sipstack.ServerTx, code int) int {
	if code == 415 {
		_ = tx.RejectContentType(typeFeature)
		return code
	}
	return reject(tx, code)
}

// set does what a phone's key asks for. Whatever comes of it, the phone is told
// the setting, so that its lamp shows the truth.
func (r *Registry) set(s *Subscription, asked change) {
	// Detached: the change is made even while the target is being let go.
	ctx, cancel := context.WithTimeout(context.Background(), linesTimeout)
	defer cancel()
	var err error
	if asked.forwarding != nil {
		err = r.options.Lines.SetForwarding(ctx, s.Line, *asked.forwarding)
	} else {
		err = r.options.Lines.SetDoNotDisturb(ctx, s.Line, asked.on)
	}
	if err != nil {
		r.options.Logger.Info("a phone's key was refused", "target", r.options.Target, "line", s.Line, "feature", asked.feature(), "error", err)
	}
}

func badEvent(tx *sipstack.ServerTx) int {
	return reject(tx, 489, sipstack.WithHeader(sipstack.NewHeader("Allow-Events", AllowEvents)))
}

func acceptedHeaders(expires time.Duration) []sipstack.Header {
	return []sipstack.Header{
		sipstack.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))), sipstack.NewHeader("Allow-Events", AllowEvents),
	}
}

// entityOf is the line as the phone named it, so that it knows what it is told
// of.
func entityOf(req *sipstack.Request, line *targetconfig.Line) string {
	user := req.Recipient.User
	if user == "" {
		user = line.GetNumber()
	}
	return "sip:" + user + "@" + hostOf(req)
}

// hostOf is the domain that the phone knows the target by.
func hostOf(req *sipstack.Request) string {
	if to := req.To(); to != nil && to.Address.Host != "" {
		return to.Address.Host
	}
	return req.Recipient.Host
}

func contactOf(req *sipstack.Request) string {
	contact, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "Contact"))
	if err != nil {
		return ""
	}
	return contact.URI.User + "@" + contact.URI.Host + ":" + strconv.Itoa(contact.URI.Port)
}

func hasToTag(req *sipstack.Request) bool {
	to, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "To"))
	return err == nil && to.Params["tag"] != ""
}

// reject answers and gives the code back. An error means that the transaction
// is over, and then there is nobody to tell.
func reject(tx *sipstack.ServerTx, code int, options ...sipstack.ResponseOption) int {
	_ = tx.Reject(code, options...)
	return code
}
