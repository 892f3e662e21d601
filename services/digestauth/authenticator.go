// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/icholy/digest"

	"offhook.dev/services/ratelimit"
)

// Scheme is who challenges: a user agent server or a proxy.
type Scheme uint8

// Schemes of RFC 3261 22.2 and 22.3.
const (
	// WWW is 401 with WWW-Authenticate, answered in Authorization.
	WWW Scheme = iota
	// Proxy is 407 with Proxy-Authenticate, answered in Proxy-Authorization.
	Proxy
)

// Status is the SIP status of the scheme's challenge.
func (s Scheme) Status() (code int, reason string) {
	if s == Proxy {
		return 407, "Proxy Authentication Required"
	}
	return 401, "Unauthorized"
}

// ChallengeHeader is the name of the header that challenges.
func (s Scheme) ChallengeHeader() string {
	if s == Proxy {
		return "Proxy-Authenticate"
	}
	return "WWW-Authenticate"
}

// CredentialsHeader is the name of the header that answers.
func (s Scheme) CredentialsHeader() string {
	if s == Proxy {
		return "Proxy-Authorization"
	}
	return "Authorization"
}

// Lookup gives the HA1 values of a user name in a realm. It is called for
// every attempt and must not block.
type Lookup func(realm, username string) (HA1, bool)

// Attempt is what a request brings.
type Attempt struct {
	Scheme Scheme
	Method string
	// Credentials are the values of Scheme.CredentialsHeader.
	Credentials []string
	Realm       string
	// Source is the peer, host:port, for the failure limit and bound nonces.
	Source string
	Lookup Lookup
}

// Outcome is what to do with the request.
type Outcome uint8

// Outcomes.
const (
	// OK: the user is who it says.
	OK Outcome = iota + 1
	// Challenged: no credentials for the realm; answer Challenges.
	Challenged
	// Stale: right password, old or used nonce; answer Challenges.
	Stale
	// Denied: wrong credentials; answer Challenges, the user may try again.
	Denied
	// Limited: too many wrong credentials from this source; answer 403.
	Limited
)

// Reason says why for logs and metrics. It is never shown to the peer, to
// whom an unknown user and a wrong password look the same.
type Reason string

// Reasons.
const (
	ReasonNone           Reason = ""
	ReasonNoCredentials  Reason = "no_credentials"
	ReasonMalformed      Reason = "malformed"
	ReasonLegacy         Reason = "legacy"
	ReasonUnknownUser    Reason = "unknown_user"
	ReasonWrongPassword  Reason = "wrong_password"
	ReasonNoSecret       Reason = "no_secret"
	ReasonNonceExpired   Reason = "nonce_expired"
	ReasonNonceReplayed  Reason = "nonce_replayed"
	ReasonTooManyFailure Reason = "too_many_failures"
)

// Result of an Attempt.
type Result struct {
	Outcome Outcome
	Reason  Reason
	// Username as the credentials give it; authenticated where Outcome is OK.
	Username  string
	Algorithm Algorithm
	// Challenges are values for Scheme.ChallengeHeader, one header each.
	Challenges []string
}

// Authenticator verifies digest credentials. It is safe for concurrent use.
type Authenticator struct {
	cfg      Config
	mint     nonceMint
	failures *ratelimit.PerSource
	metrics  *metrics

	mu     sync.Mutex
	replay *replayWindow
}

// New makes an Authenticator.
func New(cfg Config) *Authenticator {
	cfg = cfg.withDefaults()
	key := cfg.Key
	if len(key) == 0 {
		key = make([]byte, 32)
		rand.Read(key)
	}
	return &Authenticator{
		cfg:      cfg,
		mint:     nonceMint{key: key, lifetime: cfg.NonceLifetime},
		failures: ratelimit.New(cfg.Failures),
		metrics:  newMetrics(cfg.Registerer, cfg.Component),
		replay:   newReplayWindow(cfg.ReplayEntries),
	}
}

// Check verifies an attempt.
func (a *Authenticator) Check(attempt Attempt) Result {
	source := ratelimit.Source(attempt.Source)
	result := a.check(attempt, source)
	if result.Outcome == Denied {
		a.failures.Allow(source)
	}
	if result.Outcome == Challenged || result.Outcome == Stale || result.Outcome == Denied {
		result.Challenges = a.challenges(attempt.Realm, source, result.Outcome == Stale)
	}
	a.metrics.count(result)
	return result
}

func (a *Authenticator) check(attempt Attempt, source string) Result {
	if len(attempt.Credentials) == 0 {
		return Result{Outcome: Challenged, Reason: ReasonNoCredentials}
	}
	if a.failures.Exhausted(source) {
		return Result{Outcome: Limited, Reason: ReasonTooManyFailure}
	}
	credentials, reason := pick(attempt)
	if reason != ReasonNone {
		return Result{Outcome: Challenged, Reason: reason}
	}
	result := Result{Username: credentials.Username, Algorithm: credentials.algorithm}
	if credentials.legacy && !a.cfg.AllowLegacy {
		result.Outcome, result.Reason = Challenged, ReasonLegacy
		return result
	}
	if reason := verify(attempt, credentials); reason != ReasonNone {
		result.Outcome, result.Reason = Denied, reason
		return result
	}
	now := a.cfg.Now()
	issued, ok := a.mint.issued(credentials.Nonce, now, attempt.Realm, a.boundSource(source))
	if !ok {
		result.Outcome, result.Reason = Stale, ReasonNonceExpired
		return result
	}
	if !a.firstUse(credentials, issued) {
		result.Outcome, result.Reason = Stale, ReasonNonceReplayed
		return result
	}
	result.Outcome = OK
	return result
}

// pick finds the credentials for the attempt's realm, the strongest first.
func pick(attempt Attempt) (answer, Reason) {
	var best answer
	reason := ReasonNoCredentials
	for i, value := range attempt.Credentials {
		if i == maxCredentials {
			break
		}
		parsed, err := parseAnswer(value)
		if err != nil {
			if !errors.Is(err, errNotDigest) && reason == ReasonNoCredentials {
				reason = ReasonMalformed
			}
			continue
		}
		if parsed.Realm != attempt.Realm || reason == ReasonNone && best.algorithm == SHA256 {
			continue
		}
		best, reason = parsed, ReasonNone
	}
	return best, reason
}

// verify does the same work for an unknown user as for a known one.
func verify(attempt Attempt, credentials answer) Reason {
	ha1, known := attempt.Lookup(attempt.Realm, credentials.Username)
	secret := ha1.of(credentials.algorithm)
	usable := known && secret != ""
	if !usable {
		secret = "00000000000000000000000000000000"
	}
	matches := credentials.matches(attempt.Method, secret)
	switch {
	case !known:
		return ReasonUnknownUser
	case !usable:
		return ReasonNoSecret
	case !matches:
		return ReasonWrongPassword
	default:
		return ReasonNone
	}
}

func (a *Authenticator) firstUse(credentials answer, issued time.Time) bool {
	count := uint32(credentials.Nc)
	if credentials.legacy {
		count = legacyCount
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.replay.use(credentials.Nonce, issued, count)
}

func (a *Authenticator) boundSource(source string) string {
	if a.cfg.BindSource {
		return source
	}
	return ""
}

// challenges offers one nonce with each algorithm, strongest first.
func (a *Authenticator) challenges(realm, source string, stale bool) []string {
	nonce := a.mint.issue(a.cfg.Now(), realm, a.boundSource(source))
	values := make([]string, 0, len(a.cfg.Algorithms))
	for _, algorithm := range a.cfg.Algorithms {
		challenge := digest.Challenge{
			Realm: realm, Nonce: nonce, Stale: stale, Algorithm: string(algorithm), QOP: []string{"auth"},
		}
		values = append(values, challenge.String())
	}
	return values
}
