// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"

	"offhook.dev/services/targetconfig"
)

// Bounds of the listener.
const (
	maxConnections = 1024
	maxHeaderBytes = 8 << 10
	requestTimeout = 10 * time.Second
	idleTimeout    = 15 * time.Second
	stopTimeout    = time.Second
)

var phonePath = regexp.MustCompile(`^/([Ss][Ee][Pp][0-9A-Fa-f]{12})\.cnf\.xml$`)

// defaultPath is what a phone asks for that has no file of its own; phones write
// it in several ways.
const defaultPath = "/XMLDefault.cnf.xml"

// Options of a server.
type Options struct {
	Config Config
	// Port of the Skinny listener, for an Address without one; zero: 2000.
	Port   int
	Source targetconfig.Source
	Logger *slog.Logger
	// Registerer takes the metrics; it may be nil.
	Registerer prometheus.Registerer
	// Now is the time; nil: time.Now.
	Now func() time.Time
}

// Server answers phones that ask for their configuration files.
type Server struct {
	// at is where phones register; without a host, where they asked.
	at       endpoint
	tlsPort  int
	source   targetconfig.Source
	logger   *slog.Logger
	requests *prometheus.CounterVec
	now      func() time.Time
	listener net.Listener // nil: off
}

// New opens the listener, if there is to be one; nothing is served before Run.
func New(options Options) (*Server, error) {
	s := &Server{tlsPort: options.Config.TLSPort, source: options.Source, logger: options.Logger, now: options.Now}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if options.Config.Address != "" {
		if s.at, err = parseEndpoint(options.Config.Address); err != nil {
			return nil, fmt.Errorf("provisioning.address: %w", err)
		}
	}
	s.at.port = cmp.Or(s.at.port, options.Port, defaultPort)
	if s.requests, err = newRequests(options.Registerer); err != nil {
		return nil, err
	}
	if options.Config.Listen == "" {
		return s, nil
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", options.Config.Listen); err != nil {
		return nil, fmt.Errorf("listen for provisioning: %w; change provisioning.listen", err)
	}
	return s, nil
}

// Address is the listener's; nil: there is none.
func (s *Server) Address() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Run serves until the context ends.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		<-ctx.Done()
		return nil
	}
	server := &http.Server{
		Handler: s, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(s.listener, maxConnections)) }() // owned by Run, which awaits it
	select {
	case err := <-ended:
		return fmt.Errorf("serve provisioning: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve provisioning: %w", err)
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.requests.WithLabelValues(refused).Inc()
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "files are for reading", http.StatusMethodNotAllowed)
		return
	}
	content, known, err := s.file(r)
	switch {
	case err != nil:
		s.requests.WithLabelValues(failed).Inc()
		s.logger.Error("configuration file of a phone can't be made", "path", r.URL.Path, "error", err)
		http.Error(w, "the file can't be made", http.StatusInternalServerError)
	case !known:
		s.requests.WithLabelValues(unknown).Inc()
		http.Error(w, "no such file", http.StatusNotFound)
	default:
		s.requests.WithLabelValues(served).Inc()
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(content) // a phone that is gone asks again
	}
}

// file is what a path means; false: there is none.
func (s *Server) file(r *http.Request) (content []byte, known bool, err error) {
	snapshot := s.source.Snapshot()
	if match := phonePath.FindStringSubmatch(r.URL.Path); match != nil {
		phone, known := snapshot.SkinnyPhone(strings.ToUpper(match[1]))
		if !known {
			return nil, false, nil
		}
		content, err = phoneFile(phone, s.register(r), s.tlsPort, s.now())
		return content, true, err
	}
	if strings.EqualFold(r.URL.Path, defaultPath) && hasSkinny(snapshot) {
		content, err = encode(defaultFile{CallAgents: callAgents(s.register(r), s.tlsPort)})
		return content, true, err
	}
	return nil, false, nil
}

// register is where the phone that asks is to register.
func (s *Server) register(r *http.Request) endpoint {
	if s.at.host != "" {
		return s.at
	}
	at := s.at
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		at.host, _, _ = net.SplitHostPort(local.String())
	}
	return at
}

func hasSkinny(snapshot *targetconfig.Snapshot) bool {
	for _, target := range snapshot.Targets() {
		if target.Config.GetDriver().GetSkinny() != nil {
			return true
		}
	}
	return false
}
