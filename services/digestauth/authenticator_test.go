// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"offhook.dev/services/ratelimit"
)

const testRealm = "example.test"

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func hashes(user, realm, password string) HA1 {
	text := []byte(user + ":" + realm + ":" + password)
	m, s := md5.Sum(text), sha256.Sum256(text)
	return HA1{MD5: hex.EncodeToString(m[:]), SHA256: hex.EncodeToString(s[:])}
}

func aliceOnly(realm, username string) (HA1, bool) {
	if realm != testRealm || username != "alice" {
		return HA1{}, false
	}
	return hashes("alice", testRealm, "secret"), true
}

func newTest(t *testing.T, cfg Config) (*Authenticator, *clock) {
	t.Helper()
	c := &clock{now: time.Unix(1_000_000, 0)}
	cfg.Now = c.Now
	return New(cfg), c
}

func invite(credentials ...string) Attempt {
	return Attempt{
		Scheme: Proxy, Method: "INVITE", Realm: testRealm, Source: "192.0.2.7:5060",
		Lookup: aliceOnly, Credentials: credentials,
	}
}

// answerTo answers one of a result's challenges as a client does.
func answerTo(t *testing.T, r Result, algorithm Algorithm, user, password string, count int) string {
	t.Helper()
	for _, value := range r.Challenges {
		challenge, err := digest.ParseChallenge(value)
		if err != nil {
			t.Fatalf("ParseChallenge(%q): %v", value, err)
		}
		if challenge.Algorithm != string(algorithm) {
			continue
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "INVITE", URI: "sip:1001@example.test", Username: user, Password: password, Count: count,
		})
		if err != nil {
			t.Fatal(err)
		}
		return credentials.String()
	}
	t.Fatalf("no %s challenge in %q", algorithm, r.Challenges)
	return ""
}

func TestRightPasswordIsOK(t *testing.T) {
	for _, algorithm := range []Algorithm{MD5, SHA256} {
		t.Run(string(algorithm), func(t *testing.T) {
			a, _ := newTest(t, Config{})
			first := a.Check(invite())
			if first.Outcome != Challenged || first.Reason != ReasonNoCredentials || len(first.Challenges) != 2 {
				t.Fatalf("first = %+v", first)
			}
			if !strings.Contains(first.Challenges[0], "algorithm=SHA-256") {
				t.Errorf("SHA-256 must be offered first: %q", first.Challenges)
			}
			got := a.Check(invite(answerTo(t, first, algorithm, "alice", "secret", 1)))
			if got.Outcome != OK || got.Username != "alice" || got.Algorithm != algorithm || got.Challenges != nil {
				t.Errorf("answer = %+v", got)
			}
		})
	}
}

func TestUnknownUserAndWrongPasswordLookAlike(t *testing.T) {
	registry := prometheus.NewRegistry()
	a, _ := newTest(t, Config{Registerer: registry, Component: "test"})
	first := a.Check(invite())
	wrong := a.Check(invite(answerTo(t, first, MD5, "alice", "guess", 1)))
	unknown := a.Check(invite(answerTo(t, first, MD5, "mallory", "guess", 1)))
	if wrong.Outcome != Denied || unknown.Outcome != Denied {
		t.Fatalf("outcomes %v and %v, want Denied", wrong.Outcome, unknown.Outcome)
	}
	if wrong.Reason != ReasonWrongPassword || unknown.Reason != ReasonUnknownUser {
		t.Errorf("reasons %q and %q", wrong.Reason, unknown.Reason)
	}
	if len(wrong.Challenges) != len(unknown.Challenges) || strings.Contains(strings.Join(wrong.Challenges, ""), "stale") {
		t.Errorf("challenges differ: %q and %q", wrong.Challenges, unknown.Challenges)
	}
	expected := `
# HELP offhook_digest_results_total Digest authentication attempts by outcome and reason.
# TYPE offhook_digest_results_total counter
offhook_digest_results_total{component="test",outcome="challenged",reason="no_credentials"} 1
offhook_digest_results_total{component="test",outcome="denied",reason="unknown_user"} 1
offhook_digest_results_total{component="test",outcome="denied",reason="wrong_password"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(expected)); err != nil {
		t.Error(err)
	}
}

func TestWrongPasswordWithAnOldNonceIsNotStale(t *testing.T) {
	a, c := newTest(t, Config{NonceLifetime: time.Minute})
	first := a.Check(invite())
	c.now = c.now.Add(2 * time.Minute)
	if got := a.Check(invite(answerTo(t, first, MD5, "alice", "guess", 1))); got.Outcome != Denied {
		t.Errorf("outcome %v, want Denied", got.Outcome)
	}
	got := a.Check(invite(answerTo(t, first, MD5, "alice", "secret", 1)))
	if got.Outcome != Stale || got.Reason != ReasonNonceExpired || !strings.Contains(got.Challenges[0], "stale=true") {
		t.Errorf("right password with an old nonce = %+v", got)
	}
	if again := a.Check(invite(answerTo(t, got, SHA256, "alice", "secret", 1))); again.Outcome != OK {
		t.Errorf("answer to the stale challenge = %+v", again)
	}
}

func TestForeignNonceIsStale(t *testing.T) {
	mine, _ := newTest(t, Config{})
	other, _ := newTest(t, Config{})
	foreign := other.Check(invite())
	if got := mine.Check(invite(answerTo(t, foreign, MD5, "alice", "secret", 1))); got.Outcome != Stale {
		t.Errorf("outcome %v, want Stale", got.Outcome)
	}
	shared := Config{Key: []byte("the same key in both")}
	mine, _ = newTest(t, shared)
	other, _ = newTest(t, shared)
	if got := mine.Check(invite(answerTo(t, other.Check(invite()), MD5, "alice", "secret", 1))); got.Outcome != OK {
		t.Errorf("outcome with a shared key %v, want OK", got.Outcome)
	}
}

func TestReplay(t *testing.T) {
	a, _ := newTest(t, Config{})
	first := a.Check(invite())
	for _, step := range []struct {
		count int
		want  Outcome
	}{{1, OK}, {1, Stale}, {3, OK}, {2, OK}, {2, Stale}, {200, OK}, {136, Stale}, {137, OK}, {137, Stale}, {199, OK}} {
		got := a.Check(invite(answerTo(t, first, MD5, "alice", "secret", step.count)))
		if got.Outcome != step.want {
			t.Errorf("count %d: outcome %v, want %v", step.count, got.Outcome, step.want)
		}
	}
}

func TestNonceForgottenByTheReplayTableCantBeReplayed(t *testing.T) {
	a, c := newTest(t, Config{ReplayEntries: 1})
	first := a.Check(invite())
	captured := answerTo(t, first, MD5, "alice", "secret", 1)
	if got := a.Check(invite(captured)); got.Outcome != OK {
		t.Fatalf("outcome %v, want OK", got.Outcome)
	}
	c.now = c.now.Add(time.Second)
	second := a.Check(invite())
	if got := a.Check(invite(answerTo(t, second, MD5, "alice", "secret", 1))); got.Outcome != OK {
		t.Fatalf("outcome %v, want OK", got.Outcome)
	}
	if got := a.Check(invite(captured)); got.Outcome != Stale || got.Reason != ReasonNonceReplayed {
		t.Errorf("replay of a forgotten nonce = %+v", got)
	}
}

func TestLegacyResponseWithoutQOP(t *testing.T) {
	ha1 := hashes("alice", testRealm, "secret").MD5
	legacy := func(t *testing.T, r Result) string {
		challenge, err := digest.ParseChallenge(r.Challenges[0])
		if err != nil {
			t.Fatal(err)
		}
		ha2 := md5.Sum([]byte("INVITE:sip:csta@example.test"))
		response := md5.Sum([]byte(ha1 + ":" + challenge.Nonce + ":" + hex.EncodeToString(ha2[:])))
		return fmt.Sprintf(`Digest username="alice", realm="%s", nonce="%s", uri="sip:csta@example.test", nc="1", response="%x"`,
			testRealm, challenge.Nonce, response)
	}
	refusing, _ := newTest(t, Config{})
	first := refusing.Check(invite())
	if got := refusing.Check(invite(legacy(t, first))); got.Outcome != Challenged || got.Reason != ReasonLegacy {
		t.Errorf("by default = %+v", got)
	}
	allowing, _ := newTest(t, Config{AllowLegacy: true})
	first = allowing.Check(invite())
	value := legacy(t, first)
	if got := allowing.Check(invite(value)); got.Outcome != OK {
		t.Errorf("where allowed = %+v", got)
	}
	if got := allowing.Check(invite(value)); got.Outcome != Stale {
		t.Errorf("the second use of the nonce = %+v", got)
	}
	if got := allowing.Check(invite(answerTo(t, first, MD5, "alice", "secret", 2))); got.Outcome != Stale {
		t.Errorf("a counted use of a used up nonce = %+v", got)
	}
}

func TestBoundSource(t *testing.T) {
	a, _ := newTest(t, Config{BindSource: true})
	first := a.Check(invite())
	moved := invite(answerTo(t, first, MD5, "alice", "secret", 1))
	moved.Source = "198.51.100.9:5060"
	if got := a.Check(moved); got.Outcome != Stale {
		t.Errorf("from another address: %v, want Stale", got.Outcome)
	}
	moved.Source = "192.0.2.7:40000"
	if got := a.Check(moved); got.Outcome != OK {
		t.Errorf("from another port: %v, want OK", got.Outcome)
	}
}

func TestFailuresAreLimitedPerSource(t *testing.T) {
	a, c := newTest(t, Config{Failures: ratelimit.Config{PerSecond: 1, Burst: 3}})
	first := a.Check(invite())
	guess := answerTo(t, first, MD5, "alice", "guess", 1)
	for range 3 {
		if got := a.Check(invite(guess)); got.Outcome != Denied {
			t.Fatalf("outcome %v, want Denied", got.Outcome)
		}
	}
	right := answerTo(t, first, MD5, "alice", "secret", 1)
	if got := a.Check(invite(right)); got.Outcome != Limited || got.Challenges != nil {
		t.Errorf("over the limit = %+v", got)
	}
	other := invite(right)
	other.Source = "192.0.2.8:5060"
	if got := a.Check(other); got.Outcome != OK {
		t.Errorf("another source: %v, want OK", got.Outcome)
	}
	c.now = c.now.Add(2 * time.Second)
	if got := a.Check(invite(answerTo(t, first, MD5, "alice", "secret", 2))); got.Outcome != OK {
		t.Errorf("after the limit refilled: %v, want OK", got.Outcome)
	}
}

func TestPickOfSeveralCredentials(t *testing.T) {
	a, _ := newTest(t, Config{})
	first := a.Check(invite())
	foreign := strings.Replace(answerTo(t, first, MD5, "bob", "x", 1), testRealm, "other.test", 1)
	got := a.Check(invite("Basic YTpi", foreign, answerTo(t, first, MD5, "alice", "secret", 1), answerTo(t, first, SHA256, "alice", "secret", 2)))
	if got.Outcome != OK || got.Algorithm != SHA256 {
		t.Errorf("result = %+v, want OK by SHA-256", got)
	}
	if got := a.Check(invite(foreign)); got.Outcome != Challenged || got.Reason != ReasonNoCredentials {
		t.Errorf("foreign realm only = %+v", got)
	}
}

func TestMalformedCredentialsAreChallenged(t *testing.T) {
	a, _ := newTest(t, Config{})
	good := answerTo(t, a.Check(invite()), MD5, "alice", "secret", 1)
	for name, value := range map[string]string{
		"no parameters": "Digest x",
		"no response":   `Digest username="alice", realm="example.test", nonce="x", uri="sip:x"`,
		"short":         `Digest username="alice", realm="example.test", nonce="x", uri="sip:x", response="ab"`,
		"no hex":        `Digest username="alice", realm="example.test", nonce="x", uri="sip:x", response="zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"`,
		"auth-int":      strings.Replace(good, "qop=auth", "qop=auth-int", 1),
		"bad count":     strings.Replace(good, "nc=00000001", "nc=00000000", 1),
		"negative":      strings.Replace(good, "nc=00000001", `nc="-1"`, 1),
		"too long":      good + strings.Repeat(" ", 10) + `, opaque="` + strings.Repeat("x", maxCredentialsBytes) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := a.Check(invite(value)); got.Outcome != Challenged || got.Reason != ReasonMalformed {
				t.Errorf("result = %+v, want Challenged, malformed", got)
			}
		})
	}
	folded := strings.Replace(good, ", ", ",\r\n\t", 1)
	if got := a.Check(invite(folded)); got.Outcome != OK {
		t.Errorf("folded header = %+v, want OK", got)
	}
}

func TestUserWithoutSecretForTheAlgorithm(t *testing.T) {
	a, _ := newTest(t, Config{})
	attempt := invite(answerTo(t, a.Check(invite()), MD5, "alice", "secret", 1))
	attempt.Lookup = func(string, string) (HA1, bool) { return HA1{}, true }
	if got := a.Check(attempt); got.Outcome != Denied || got.Reason != ReasonNoSecret {
		t.Errorf("result = %+v, want Denied, no secret", got)
	}
}

func TestOneCountIsGoodForOneOfManyAtOnce(t *testing.T) {
	a, _ := newTest(t, Config{})
	value := answerTo(t, a.Check(invite()), MD5, "alice", "secret", 1)
	var group sync.WaitGroup
	outcomes := make([]Outcome, 16)
	for i := range outcomes {
		group.Go(func() { outcomes[i] = a.Check(invite(value)).Outcome })
	}
	group.Wait()
	ok := 0
	for _, outcome := range outcomes {
		if outcome == OK {
			ok++
		}
	}
	if ok != 1 {
		t.Errorf("%d of 16 replays were OK, want 1", ok)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`Digest username="alice", realm="example.test", nonce="x", uri="sip:x", response="00000000000000000000000000000000"`)
	f.Add("Digest \"")
	f.Add(`Digest username="alice", realm="example.test", nc=00000001, cnonce="c", qop=auth, nonce="AAAA", uri="sip:x", response="00"`)
	a := New(Config{AllowLegacy: true, Failures: ratelimit.Config{PerSecond: -1}})
	f.Fuzz(func(t *testing.T, value string) {
		if got := a.Check(invite(value)); got.Outcome == OK || got.Outcome == 0 {
			t.Fatalf("Check(%q) = %+v", value, got)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	a := New(Config{})
	challenge, err := digest.ParseChallenge(a.Check(invite()).Challenges[0])
	if err != nil {
		b.Fatal(err)
	}
	values := make([]string, 1024)
	for i := range values {
		credentials, _ := digest.Digest(challenge, digest.Options{
			Method: "INVITE", URI: "sip:x", Username: "alice", Password: "secret", Count: i + 1,
		})
		values[i] = credentials.String()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a.Check(invite(values[i%len(values)]))
	}
}

func TestChallengeWithChosenAlgorithms(t *testing.T) {
	a := New(Config{Algorithms: []Algorithm{MD5}})
	result := a.Check(Attempt{Realm: testRealm, Method: "REGISTER", Lookup: aliceOnly})
	if len(result.Challenges) != 1 || !strings.Contains(result.Challenges[0], "algorithm=MD5") {
		t.Errorf("challenges are %q, want one of MD5", result.Challenges)
	}
}
