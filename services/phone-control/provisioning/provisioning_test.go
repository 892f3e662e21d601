// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
	"golang.org/x/net/netutil"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/targetconfig"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func configured(t *testing.T, driver *configv1.Driver, devices ...*configv1.Device) targetconfig.Source {
	t.Helper()
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "floor", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "offhook"}, Driver: driver,
		Lines: []*configv1.Line{{Name: "alice", Number: "2001", Devices: devices}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return targetconfig.NewStatic(snapshot)
}

// floor has one Skinny phone, SEP00112233AABB.
func floor(t *testing.T) targetconfig.Source {
	t.Helper()
	return configured(t, &configv1.Driver{Skinny: &configv1.Skinny{DateTemplate: "D.M.Y", TimeZone: "Europe/Vienna"}}, &configv1.Device{
		Name: "desk", Skinny: &configv1.SkinnyPhone{DeviceName: "SEP00112233AABB", Button: 1, Model: "7970"},
	})
}

func server(t *testing.T, options Options) *Server {
	t.Helper()
	if options.Source == nil {
		options.Source = floor(t)
	}
	options.Logger = slog.New(slog.DiscardHandler)
	options.Now = func() time.Time { return time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC) }
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(s *Server, method, path string) *http.Response {
	request := httptest.NewRequest(method, path, nil)
	local := &net.TCPAddr{IP: net.ParseIP("192.0.2.9"), Port: 6970}
	request = request.WithContext(context.WithValue(request.Context(), http.LocalAddrContextKey, net.Addr(local)))
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFilesOfPhones(t *testing.T) {
	for _, c := range []struct {
		golden, path string
		config       Config
		port         int
	}{
		{"phone.xml", "/SEP00112233AABB.cnf.xml", Config{Address: "cti.example"}, 0},
		{"phone-tls.xml", "/SEP00112233AABB.cnf.xml", Config{Address: "[2001:db8::1]:2002", TLSPort: 2443}, 2001},
		{"default.xml", "/XMLDefault.cnf.xml", Config{Address: ":2001"}, 2000},
	} {
		t.Run(c.golden, func(t *testing.T) {
			response := ask(server(t, Options{Config: c.config, Port: c.port}), http.MethodGet, c.path)
			got := body(t, response)
			if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
				t.Errorf("%s, %s", response.Status, response.Header.Get("Content-Type"))
			}
			name := filepath.Join("testdata", c.golden)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("file (-want +got; -update writes it anew):\n%s", diff)
			}
		})
	}
}

func TestOnlyKnownFilesAreServed(t *testing.T) {
	sip := configured(t, &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}}, &configv1.Device{Name: "desk", Username: "2001"})
	for _, c := range []struct {
		method, path string
		source       targetconfig.Source
		status       int
		result       string
	}{
		{http.MethodGet, "/SEP00112233AABB.cnf.xml", nil, http.StatusOK, served},
		{http.MethodGet, "/sep00112233aabb.cnf.xml", nil, http.StatusOK, served},
		{http.MethodHead, "/SEP00112233AABB.cnf.xml", nil, http.StatusOK, served},
		{http.MethodGet, "/XmlDefault.cnf.xml", nil, http.StatusOK, served},
		{http.MethodGet, "/XMLDefault.cnf.xml", sip, http.StatusNotFound, unknown},
		{http.MethodGet, "/SEP00112233AABC.cnf.xml", nil, http.StatusNotFound, unknown},
		{http.MethodGet, "/SEP00112233AABB.cnf.xml.sgn", nil, http.StatusNotFound, unknown},
		{http.MethodGet, "/a/SEP00112233AABB.cnf.xml", nil, http.StatusNotFound, unknown},
		{http.MethodGet, "/../SEP00112233AABB.cnf.xml", nil, http.StatusNotFound, unknown},
		{http.MethodGet, "/SEP%0A.cnf.xml", nil, http.StatusNotFound, unknown},
		{http.MethodGet, "/", nil, http.StatusNotFound, unknown},
		{http.MethodPut, "/SEP00112233AABB.cnf.xml", nil, http.StatusMethodNotAllowed, refused},
		{http.MethodPost, "/", nil, http.StatusMethodNotAllowed, refused},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			s := server(t, Options{Source: c.source})
			response := ask(s, c.method, c.path)
			text := body(t, response)
			if response.StatusCode != c.status {
				t.Errorf("%s: %s", response.Status, text)
			}
			if strings.Contains(text, "<a ") || c.status == http.StatusNotFound && strings.Contains(text, "SEP") {
				t.Errorf("the answer tells what there is: %s", text)
			}
			for _, result := range []string{served, unknown, refused, failed} {
				want := 0.0
				if result == c.result {
					want = 1
				}
				if got := testutil.ToFloat64(s.requests.WithLabelValues(result)); got != want {
					t.Errorf("%s is counted %v times", result, got)
				}
			}
		})
	}
}

func TestVersionStampFollowsTheContent(t *testing.T) {
	stamp := func(address string) string {
		response := ask(server(t, Options{Config: Config{Address: address}}), http.MethodGet, "/SEP00112233AABB.cnf.xml")
		defer response.Body.Close()
		text := body(t, response)
		_, rest, _ := strings.Cut(text, "<versionStamp>")
		value, _, _ := strings.Cut(rest, "<")
		return value
	}
	if a, again, b := stamp("a.example"), stamp("a.example"), stamp("b.example"); a == "" || a != again || a == b {
		t.Errorf("stamps %q, %q and %q", a, again, b)
	}
}

func TestRunServesUntilTheContextEnds(t *testing.T) {
	s := server(t, Options{Config: Config{Listen: "127.0.0.1:0"}, Registerer: prometheus.NewRegistry()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(fmt.Sprintf("http://%s/SEP00112233AABB.cnf.xml", s.Address()))
	if err != nil {
		t.Fatal(err)
	}
	if text := body(t, response); !strings.Contains(text, "<processNodeName>127.0.0.1</processNodeName>") || !strings.Contains(text, "<ethernetPhonePort>2000</ethernetPhonePort>") {
		t.Errorf("not where the phone asked: %s", text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", s.Address().String()); err == nil {
		_ = conn.Close()
		t.Error("it listens still")
	}
}

func TestOffByDefault(t *testing.T) {
	s := server(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil || s.Address() != nil {
		t.Errorf("%v, %v", err, s.Address())
	}
}

func TestListenerHasPlaces(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := netutil.LimitListener(inner, 1)
	accepted := make(chan net.Conn)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	defer dial().Close()
	defer dial().Close()
	first := <-accepted
	select {
	case <-accepted:
		t.Error("a second connection has a place")
	case <-time.After(20 * time.Millisecond):
	}
	_, _ = first.Close(), first.Close() // twice, as servers do
	second := <-accepted
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	<-done // Accept ends though no place is free
	_ = second.Close()
}

func TestValidateConfig(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, ""},
		{Config{Listen: ":6970", Address: "cti.example", TLSPort: 2443}, ""},
		{Config{Address: "192.0.2.1:2000"}, ""},
		{Config{Address: "2001:db8::1"}, ""},
		{Config{Address: ":2000"}, ""},
		{Config{Listen: "6970"}, "provisioning.listen: "},
		{Config{Address: "a b"}, "provisioning.address: "},
		{Config{Address: "host:0"}, "provisioning.address: "},
		{Config{Address: "host:port"}, "provisioning.address: "},
		{Config{Address: "a:b:c"}, "provisioning.address: "},
		{Config{Address: ":"}, "provisioning.address: "},
		{Config{TLSPort: 70000}, "provisioning.tlsPort: "},
	} {
		err := c.config.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}
