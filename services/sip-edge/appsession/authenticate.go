// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"strings"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Authenticate finds the user of From and checks its digest (RFC 3261 22.3).
// A nil user means that the request was answered with the status returned.
func (m *Manager) Authenticate(tx *sipstack.ServerTx, target *targetconfig.Target) (*targetconfig.User, int) {
	req := tx.Request()
	if m.options.Trusted != nil && m.options.Trusted(tx.Flow()) {
		user := userOfFrom(req, target)
		if user == nil {
			refusal{code: 403, warning: "From is no CTI user of this target"}.respond(tx)
			return nil, 403
		}
		return user, 0
	}
	result := m.options.Digest.Check(digestauth.Attempt{
		Scheme: digestauth.Proxy, Method: string(req.Method), Realm: target.Realm(), Source: tx.Flow().Remote,
		Credentials: sipstack.HeaderValues(req, digestauth.Proxy.CredentialsHeader()),
		Lookup: func(_, username string) (digestauth.HA1, bool) {
			user, ok := target.User(username)
			if !ok {
				return digestauth.HA1{}, false
			}
			return digestauth.HA1{MD5: user.Secret.HA1MD5, SHA256: user.Secret.HA1SHA256}, true
		},
	})
	switch result.Outcome {
	case digestauth.OK:
	case digestauth.Limited:
		refusal{code: 403, warning: "too many wrong passwords from this address, try again later"}.respond(tx)
		return nil, 403
	default:
		challenge(tx, result)
		return nil, 407
	}
	user, _ := target.User(result.Username)
	if from := req.From(); user == nil || from == nil || !means(from.Address, user) {
		refusal{code: 403, warning: "From is not the user that the password belongs to"}.respond(tx)
		return nil, 403
	}
	return user, 0
}

func challenge(tx *sipstack.ServerTx, result digestauth.Result) {
	headers := make([]sipstack.Header, len(result.Challenges))
	for i, value := range result.Challenges {
		headers[i] = sipstack.NewHeader(digestauth.Proxy.ChallengeHeader(), value)
	}
	code, reason := digestauth.Proxy.Status()
	_ = tx.Respond(code, reason, sipstack.WithHeader(headers...))
}

// namesUser tells whether a From URI means a user, who is configured by the
// user part or by the whole URI.
func namesUser(from sipstack.URI, user string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(user, "sip:"), "sips:")
	return from.User == name || strings.EqualFold(from.User+"@"+from.Host, name)
}

// means tells whether a From URI is of a user, or of a session manager of it.
func means(from sipstack.URI, user *targetconfig.User) bool {
	if namesUser(from, user.GetUser()) {
		return true
	}
	manager, ok := user.Target.SessionManager(from.User)
	return ok && manager.User == user
}

// userOfFrom finds the user that From is of; nil: none.
func userOfFrom(req *sipstack.Request, target *targetconfig.Target) *targetconfig.User {
	from := req.From()
	if from == nil {
		return nil
	}
	name, address := from.Address.User, from.Address.User+"@"+from.Address.Host
	for _, written := range []string{name, address, "sip:" + address, "sips:" + address} {
		if user, ok := target.User(written); ok {
			return user
		}
	}
	if manager, ok := target.SessionManager(name); ok {
		return manager.User
	}
	return nil
}
