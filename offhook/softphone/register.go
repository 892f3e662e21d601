// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"

	"offhook.dev/services/sipstack"
)

// registerTimeout bounds one REGISTER with its challenge.
const registerTimeout = 10 * time.Second

// Retry times after a refused or unanswered registration (RFC 5626 4.5, with a
// short base, for the server is near).
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// registration is one Call-ID's sequence of REGISTER requests (RFC 3261 10.2.4).
type registration struct {
	phone  *Phone
	callID string
	tag    string
	cseq   int
}

func (p *Phone) stayRegistered(ctx context.Context) {
	r := &registration{phone: p, callID: randomToken(), tag: randomToken()}
	var wait time.Duration
	retry := firstRetry
	timer := time.NewTimer(0)
	defer timer.Stop()
	// known is set while the registrar may have a binding, told while the user
	// believes so.
	known, told := false, false
	for {
		// While the registrar can't be reached, connections that fail are no reason to
		// try at once.
		var disconnected <-chan struct{}
		if told {
			disconnected = p.disconnected
		}
		select {
		case <-ctx.Done():
			for _, call := range p.Calls() {
				_ = call.Hangup()
			}
			if known {
				last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
				_, _ = r.register(last, 0)
				cancel()
			}
			return
		case <-timer.C:
		case <-disconnected:
		}
		select { // what has ended before is no news after this attempt
		case <-p.disconnected:
		default:
		}
		granted, err := r.register(ctx, p.settings.Expires)
		switch {
		case ctx.Err() != nil:
			continue
		case err != nil:
			told = false
			p.report(RegistrationFailed, nil, err.Error())
			wait, retry = retry, min(2*retry, lastRetry)
		default:
			if !told {
				p.report(Registered, nil, "")
			}
			known, told, retry = true, true, firstRetry
			wait = max(granted/2, time.Second)
		}
		timer.Reset(wait)
	}
}

// register sends one REGISTER, answers its challenge, and returns the time
// granted.
func (r *registration) register(ctx context.Context, expires time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	var authorization sipstack.Header
	for range 4 {
		response, err := r.send(ctx, expires, authorization)
		if err != nil {
			return 0, err
		}
		switch code := response.StatusCode; {
		case code == 200:
			return granted(response, r.phone.contact.URI, expires), nil
		case code == 423:
			least, err := strconv.Atoi(strings.TrimSpace(sipstack.HeaderValue(response, "Min-Expires")))
			if err != nil || time.Duration(least)*time.Second <= expires {
				return 0, fmt.Errorf("register %s: 423 %s", r.phone.settings.Number, response.Reason)
			}
			expires = time.Duration(least) * time.Second
		case code == 401 && authorization == nil, code == 401 && strings.Contains(strings.ToLower(sipstack.HeaderValue(response, "WWW-Authenticate")), "stale=true"):
			if authorization, err = r.answer(response); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("register %s: %d %s", r.phone.settings.Number, code, response.Reason)
		}
	}
	return 0, fmt.Errorf("register %s: challenged again and again", r.phone.settings.Number)
}

func (r *registration) send(ctx context.Context, expires time.Duration, authorization sipstack.Header) (*sipstack.Response, error) {
	p := r.phone
	registrar, err := sipstack.ParseURI("sip:" + p.settings.Domain)
	if err != nil {
		return nil, fmt.Errorf("address of the registrar: %w", err)
	}
	self, err := p.address()
	if err != nil {
		return nil, err
	}
	r.cseq++
	request := sipstack.NewRequest("REGISTER", registrar)
	add := func(name, value string) { request.AppendHeader(sipstack.NewHeader(name, value)) }
	add("Route", p.route()[0])
	add("From", self.String()+";tag="+r.tag)
	add("To", self.String())
	add("Call-ID", r.callID)
	add("CSeq", strconv.Itoa(r.cseq)+" REGISTER")
	add("Contact", p.contact.String()+";expires="+strconv.Itoa(int(expires.Seconds())))
	add("Expires", strconv.Itoa(int(expires.Seconds())))
	add("Supported", "path")
	if p.settings.RemoteControl {
		add("Allow-Events", "talk,hold")
	}
	if authorization != nil {
		request.AppendHeader(authorization)
	}
	answers := make(chan *sipstack.Response, 1)
	transaction, err := p.endpoint.Send(request, sipstack.Flow{}, func(response *sipstack.Response) {
		if response.StatusCode >= 200 {
			answers <- response
		}
	})
	if err != nil {
		return nil, fmt.Errorf("send REGISTER: %w", err)
	}
	select {
	case response := <-answers:
		return response, nil
	case <-ctx.Done():
		transaction.Terminate()
		return nil, fmt.Errorf("register %s: no answer from %s: %w", p.settings.Number, p.settings.Registrar, ctx.Err())
	}
}

// answer computes the digest answer to a 401: the first challenge whose
// algorithm is known.
func (r *registration) answer(response *sipstack.Response) (sipstack.Header, error) {
	var faults []error
	for _, value := range sipstack.HeaderValues(response, "WWW-Authenticate") {
		challenge, err := digest.ParseChallenge(value)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "REGISTER", URI: "sip:" + r.phone.settings.Domain, Count: 1, Cnonce: randomToken(),
			Username: r.phone.settings.Username, Password: r.phone.settings.Password,
		})
		if err != nil {
			faults = append(faults, err)
			continue
		}
		return sipstack.NewHeader("Authorization", credentials.String()), nil
	}
	return nil, fmt.Errorf("answer challenge: %w", errors.Join(faults...))
}

// granted is the time the registrar gives this phone's contact (RFC 3261
// 10.2.4); others of the same address have their own.
func granted(response *sipstack.Response, own sipstack.URI, asked time.Duration) time.Duration {
	for _, value := range sipstack.ListValues(response, "Contact") {
		contact, err := sipstack.ParseNameAddr(value)
		if err != nil || contact.URI.User != own.User || contact.URI.Host != own.Host || contact.URI.Port != own.Port {
			continue
		}
		if expires, ok := seconds(contact.Params["expires"]); ok {
			return expires
		}
	}
	if expires, ok := seconds(sipstack.HeaderValue(response, "Expires")); ok {
		return expires
	}
	return asked
}

func seconds(text string) (time.Duration, bool) {
	count, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return time.Duration(count) * time.Second, err == nil && count > 0
}
