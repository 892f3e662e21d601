// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// HandleRegister answers a REGISTER for the target. It blocks while the store
// is written, so that a phone which got its 200 is known to the next owner.
func (r *Registrar) HandleRegister(tx *sipstack.ServerTx) {
	code := r.handle(tx)
	r.options.Metrics.registered(r.options.Target, code)
}

func (r *Registrar) handle(tx *sipstack.ServerTx) int {
	if !tx.RequireOnly("path") {
		return 420
	}
	target := r.options.Config()
	device, code := r.authenticate(target, tx)
	if device == nil {
		return code
	}
	request, err := readRegister(tx, device)
	if err != nil {
		return reject(tx, 400)
	}
	stripe := r.stripe(request.Line)
	stripe.Lock()
	defer stripe.Unlock()
	now := r.options.Now()
	out := r.step(func(t *Bindings) Outcome { return t.Register(request, now) })
	if out.Code != 200 {
		if out.Code == 423 {
			minimum := strconv.Itoa(int(PolicyOf(target).MinExpires / time.Second))
			return reject(tx, 423, sipstack.WithHeader(sipstack.NewHeader("Min-Expires", minimum)))
		}
		return reject(tx, out.Code)
	}
	r.write(out)
	headers := make([]sipstack.Header, 0, len(out.Bindings)+len(request.Path)+2)
	for _, binding := range out.Bindings {
		seconds := int((binding.Expires.Sub(now) + time.Second - 1) / time.Second)
		headers = append(headers, sipstack.NewHeader("Contact", contactValue(binding, seconds)))
	}
	for _, value := range request.Path {
		headers = append(headers, sipstack.NewHeader("Path", value))
	}
	headers = append(headers,
		sipstack.NewHeader("Supported", "path"),
		sipstack.NewHeader("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")))
	_ = tx.Respond(200, "", sipstack.WithHeader(headers...))
	return 200
}

// authenticate gives the device that the credentials prove, after answering
// where they don't.
func (r *Registrar) authenticate(target *targetconfig.Target, tx *sipstack.ServerTx) (*targetconfig.Device, int) {
	device, code := Authenticate(r.options.Auth, target, digestauth.WWW, tx)
	if device == nil {
		return nil, code
	}
	// The address-of-record is the line or the device's own user name: nobody
	// registers in another one's place (RFC 3261 10.3 step 4).
	user := ""
	if to := tx.Request().To(); to != nil {
		user = to.Address.User
	}
	if user != device.Line.GetNumber() && user != device.GetUsername() {
		return nil, reject(tx, 403)
	}
	return device, 0
}

// Authenticate verifies the digest credentials of a phone's request. Without a
// device the request has been answered with the code given.
func Authenticate(auth *digestauth.Authenticator, target *targetconfig.Target, scheme digestauth.Scheme, tx *sipstack.ServerTx) (*targetconfig.Device, int) {
	request := tx.Request()
	result := auth.Check(digestauth.Attempt{
		Scheme:      scheme,
		Method:      request.Method.String(),
		Credentials: sipstack.HeaderValues(request, scheme.CredentialsHeader()),
		Realm:       target.Realm(),
		Source:      sourceOf(tx),
		Lookup: func(_, username string) (digestauth.HA1, bool) {
			device, ok := target.Device(username)
			if !ok {
				return digestauth.HA1{}, false
			}
			return digestauth.HA1{MD5: device.Secret.HA1MD5, SHA256: device.Secret.HA1SHA256}, true
		},
	})
	switch result.Outcome {
	case digestauth.OK:
		if device, ok := target.Device(result.Username); ok {
			return device, 0
		}
		return nil, reject(tx, 403)
	case digestauth.Limited:
		return nil, reject(tx, 403)
	case digestauth.Challenged, digestauth.Stale, digestauth.Denied: // challenged below
	}
	code, reason := scheme.Status()
	challenges := make([]sipstack.Header, len(result.Challenges))
	for i, challenge := range result.Challenges {
		challenges[i] = sipstack.NewHeader(scheme.ChallengeHeader(), challenge)
	}
	_ = tx.Respond(code, reason, sipstack.WithHeader(challenges...))
	return nil, code
}

// sourceOf is the phone's own address: behind an edge it is what the edge wrote
// in the phone's Via, which is the lowest one (RFC 3261 18.2.1).
func sourceOf(tx *sipstack.ServerTx) string {
	vias := sipstack.HeaderValues(tx.Request(), "Via")
	if len(vias) > 1 {
		for parameter := range strings.SplitSeq(vias[len(vias)-1], ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if strings.EqualFold(name, "received") && value != "" {
				return value
			}
		}
	}
	return tx.Flow().Remote
}

// readRegister reads what the table needs of a REGISTER.
func readRegister(tx *sipstack.ServerTx, device *targetconfig.Device) (Register, error) {
	request := tx.Request()
	contacts, star, err := ParseContacts(sipstack.HeaderValues(request, "Contact"))
	if err != nil {
		return Register{}, err
	}
	callID, cseq := request.CallID(), request.CSeq()
	if callID == nil || cseq == nil {
		return Register{}, fmt.Errorf("read register: %w", errContact)
	}
	register := Register{
		Line: device.Line.GetNumber(), Device: device.GetUsername(),
		CallID: callID.Value(), CSeq: cseq.SeqNo,
		Contacts: contacts, Star: star, Expires: -1,
		UserAgent: sipstack.HeaderValue(request, "User-Agent"),
		Source:    tx.Flow(),
	}
	if expires := sipstack.HeaderValue(request, "Expires"); expires != "" {
		register.Expires = ParseSeconds(expires)
	}
	for _, value := range sipstack.HeaderValues(request, "Path") {
		register.Path = append(register.Path, SplitList(value)...)
	}
	for _, value := range sipstack.HeaderValues(request, "Allow-Events") {
		register.AllowEvents = append(register.AllowEvents, SplitList(value)...)
	}
	return register, nil
}

func contactValue(b Binding, seconds int) string {
	value := "<" + b.Contact + ">;expires=" + strconv.Itoa(seconds)
	if b.Instance != "" {
		value += `;+sip.instance="` + b.Instance + `"`
	}
	return value
}

// reject answers and gives the code back. An error means that the transaction
// is over, and then there is nobody to tell.
func reject(tx *sipstack.ServerTx, code int, options ...sipstack.ResponseOption) int {
	_ = tx.Reject(code, options...)
	return code
}
