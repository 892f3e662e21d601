// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
)

// screen is where a phone prints.
type screen struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{}, 1000)} }

func (s *screen) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.changed <- struct{}{}
	return s.text.Write(text)
}

func (s *screen) await(t *testing.T, text string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		s.mutex.Lock()
		found := strings.Contains(s.text.String(), text)
		s.mutex.Unlock()
		if found {
			return
		}
		select {
		case <-s.changed:
		case <-limit:
			t.Fatalf("no %q on the screen:\n%s", text, s.text.String())
		}
	}
}

// user is somebody at a phone.
type user struct {
	*screen
	keys  *io.PipeWriter
	ended chan error
}

func sitDown(t *testing.T, server, number string) *user {
	t.Helper()
	keyboard, keys := io.Pipe()
	u := &user{screen: newScreen(), keys: keys, ended: make(chan error, 1)}
	command := &Phone{
		Number: number, Password: "pw" + number, Registrar: server, Domain: "127.0.0.1", Transport: "udp", IP: "127.0.0.1",
	}
	go func() {
		u.ended <- command.Run(&Environment{Context: t.Context(), In: keyboard, Out: u})
	}()
	t.Cleanup(func() { _ = keys.Close() })
	u.await(t, "registered")
	return u
}

func (u *user) types(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(u.keys, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func TestTwoUsersTalk(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	server := process.Server("udp")
	alice, bob := sitDown(t, server, "1001"), sitDown(t, server, "1002")
	alice.await(t, phoneHelp)
	alice.types(t, "answer")
	alice.await(t, "! "+softphone.ErrNoSuchCall.Error())
	alice.types(t, "dance")
	alice.types(t, "")
	alice.types(t, "dial  1002 ")
	bob.await(t, "phone 1002 rings (1001)")
	bob.types(t, "answer")
	alice.await(t, "phone 1001 connected (1002)")
	alice.types(t, "hold")
	bob.await(t, "held by the other side")
	alice.await(t, "phone 1001 holds")
	alice.types(t, "resume")
	bob.await(t, "resumed by the other side")
	alice.await(t, "phone 1001 resumes")
	alice.types(t, "calls")
	alice.await(t, "1002 connected, ")
	bob.types(t, "hangup")
	alice.await(t, "call ended")
	for _, one := range []*user{alice, bob} {
		one.types(t, "quit")
		if err := <-one.ended; err != nil {
			t.Error(err)
		}
	}
}

func TestPressWithoutCall(t *testing.T) {
	phone, err := softphone.New(softphone.Settings{Number: "1001", Domain: "d", Registrar: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]error{
		"": nil, "calls": nil, "answer": softphone.ErrNoSuchCall, "hold": softphone.ErrNoSuchCall, "resume": softphone.ErrNoSuchCall,
		"hangup": softphone.ErrNoSuchCall, "dial 1002": softphone.ErrPhoneShutDown,
	} {
		if err := press(phone, line, func(string) {}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", line, err, want)
		}
	}
	for line, want := range map[string]string{"dial": "dial NUMBER", "sing": phoneHelp} {
		if err := press(phone, line, func(string) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestPhonePassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, phone := range map[string]Phone{
		"from flag": {Password: "from flag"}, "from file": {Password: "from flag", PasswordFile: file},
	} {
		if got, err := phone.password(); err != nil || got != want {
			t.Errorf("password %q, error %v; want %q", got, err, want)
		}
	}
	if _, err := (&Phone{PasswordFile: "absent"}).password(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func parse(t *testing.T, arguments ...string) (CLI, error) {
	t.Helper()
	var cli CLI
	parser, err := kong.New(&cli, kong.Vars{"version": "test"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(arguments)
	return cli, err
}

func TestParsePhone(t *testing.T) {
	t.Setenv("OFFHOOK_PHONE_PASSWORD", "secret")
	got, err := parse(t, "phone", "--number", "1003", "--transport", "tcp", "--answer-after", "2s", "--no-remote")
	if err != nil {
		t.Fatal(err)
	}
	want := Phone{
		Protocol: "sip", Number: "1003", Password: "secret", Registrar: "127.0.0.1:5060", Domain: "127.0.0.1", Transport: "tcp", IP: "127.0.0.1",
		AnswerAfter: 2 * time.Second, AutoAnswer: true,
		Skinny: SkinnyPhone{Server: "127.0.0.1:2000", Model: "7970", ProtocolVersion: 17},
	}
	if diff := cmp.Diff(want, got.Phone); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, arguments := range map[string][]string{
		"phone without number":  {"phone"},
		"Skinny without device": {"phone", "--protocol", "skinny"},
		"odd protocol":          {"phone", "--protocol", "h323", "--number", "1"},
		"odd transport":         {"phone", "--number", "1", "--transport", "smoke"},
		"no such folder":        {"check", "absent"},
		"run without folder":    {"run"},
		"apply without key":     {"apply", "--manifests", "testdata"},
		"odd level":             {"run", "--manifests", "testdata", "--log-level", "loud"},
	} {
		if _, err := parse(t, arguments...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestDemoNeedsTCP(t *testing.T) {
	err := (&Run{Demo: true, SIP: []string{"udp:127.0.0.1:0"}}).Run(&Environment{Context: t.Context()})
	if err == nil || !strings.Contains(err.Error(), "--sip tcp:") {
		t.Errorf("error is %v", err)
	}
}
