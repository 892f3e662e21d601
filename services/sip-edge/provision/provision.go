// SPDX-License-Identifier: Apache-2.0

// Package provision owns what a desktop client of Microsoft's make asks before
// it opens a CSTA session: it registers as a CTI user and subscribes to
// vnd-microsoft-provisioning, and learns the user's line and where its CSTA
// gateway is. It keeps no registration and no subscription: the NOTIFY is sent
// once.
package provision

import (
	"encoding/xml"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Event is the event package that tells a user's lines.
const Event = "vnd-microsoft-provisioning"

// longestRegistration bounds what a REGISTER is granted.
const longestRegistration = time.Hour

// Authenticator finds the user of From and checks its digest; a nil user means
// that the request was answered.
type Authenticator interface {
	Authenticate(tx *sipstack.ServerTx, target *targetconfig.Target) (user *targetconfig.User, code int)
}

// Endpoint is what the package needs of *sipstack.Endpoint.
type Endpoint interface {
	Send(req *sipstack.Request, dest sipstack.Flow, onResponse sipstack.ResponseFunc) (*sipstack.ClientTx, error)
	LocalURI(network, user string) sipstack.URI
}

// Options are a Server's dependencies.
type Options struct {
	Endpoint      Endpoint
	Authenticator Authenticator
	Targets       targetconfig.Source
	Logger        *slog.Logger
	Registerer    prometheus.Registerer
}

// Server serves REGISTER and SUBSCRIBE of CTI users. It is safe for concurrent
// use.
type Server struct {
	Options
	requests *prometheus.CounterVec
}

// New makes a server.
func New(options Options) *Server {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{Options: options, requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "offhook_edge_provision_requests_total", Help: "REGISTER and SUBSCRIBE of CTI users, by method and SIP status.",
	}, []string{"method", "status"})}
	if options.Registerer != nil {
		options.Registerer.MustRegister(s.requests)
	}
	return s
}

// Serves tells whether a request is one of a CTI user rather than of a phone.
func (s *Server) Serves(req *sipstack.Request) bool {
	if req.Method != sipstack.REGISTER && req.Method != sipstack.SUBSCRIBE {
		return false
	}
	target, ok := appsession.TargetOf(s.Targets.Snapshot(), req)
	from := req.From()
	if !ok || from == nil {
		return false
	}
	name := from.Address.User
	if _, phone := target.Device(name); phone {
		return false
	}
	if _, line := target.Line(name); line {
		return false
	}
	if _, ok := target.User(name); ok {
		return true
	}
	_, ok = target.User(name + "@" + from.Address.Host)
	return ok
}

// HandleRequest serves a request that Serves takes.
func (s *Server) HandleRequest(tx *sipstack.ServerTx) {
	req := tx.Request()
	code := s.handle(tx)
	s.requests.WithLabelValues(string(req.Method), strconv.Itoa(code)).Inc()
}

func (s *Server) handle(tx *sipstack.ServerTx) int {
	req := tx.Request()
	target, ok := appsession.TargetOf(s.Targets.Snapshot(), req)
	if !ok {
		_ = tx.Reject(404)
		return 404
	}
	user, code := s.Authenticator.Authenticate(tx, target)
	if user == nil {
		return code
	}
	if req.Method == sipstack.REGISTER {
		return register(tx)
	}
	if event, _, _ := strings.Cut(sipstack.HeaderValue(req, "Event"), ";"); !strings.EqualFold(strings.TrimSpace(event), Event) {
		_ = tx.Respond(489, "", sipstack.WithHeader(sipstack.NewHeader("Allow-Events", Event)))
		return 489
	}
	return s.subscribe(tx, user)
}

// register grants a registration that nothing is ever sent to.
func register(tx *sipstack.ServerTx) int {
	req := tx.Request()
	contact, contactErr := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "Contact"))
	expires := longestRegistration
	for _, asked := range []string{sipstack.HeaderValue(req, "Expires"), contact.Params["expires"]} {
		if n, err := strconv.ParseUint(strings.TrimSpace(asked), 10, 31); err == nil {
			expires = min(longestRegistration, time.Duration(n)*time.Second)
		}
	}
	granted := strconv.Itoa(int(expires / time.Second))
	headers := []sipstack.Header{sipstack.NewHeader("Expires", granted), sipstack.NewHeader("Allow-Events", Event)}
	if contactErr == nil && expires > 0 {
		if contact.Params == nil {
			contact.Params = make(map[string]string)
		}
		contact.Params["expires"] = granted
		headers = append(headers, sipstack.NewHeader("Contact", contact.String()))
	}
	_ = tx.Respond(200, "", sipstack.WithHeader(headers...))
	return 200
}

// subscribe answers with a subscription that ends with its first NOTIFY.
func (s *Server) subscribe(tx *sipstack.ServerTx, user *targetconfig.User) int {
	req := tx.Request()
	notify, err := s.notification(tx, user)
	if err != nil {
		_ = tx.Reject(400)
		return 400
	}
	tag := sipstack.HeaderValue(notify, "From")
	tag = tag[strings.LastIndex(tag, "=")+1:]
	options := []sipstack.ResponseOption{sipstack.WithHeader(sipstack.NewHeader("Expires", "0")), sipstack.WithToTag(tag)}
	if err := tx.Respond(200, "", options...); err != nil {
		return 487
	}
	if _, err := s.Endpoint.Send(notify, tx.Flow(), nil); err != nil {
		s.Logger.Debug("send NOTIFY", "call_id", sipstack.HeaderValue(req, "Call-ID"), "error", err)
	}
	return 200
}

func (s *Server) notification(tx *sipstack.ServerTx, user *targetconfig.User) (*sipstack.Request, error) {
	req, flow := tx.Request(), tx.Flow()
	contact, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "Contact"))
	if err != nil {
		return nil, err
	}
	local, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "To"))
	if err != nil {
		return nil, err
	}
	if local.Params["tag"] == "" {
		local.Params = map[string]string{"tag": appsession.NewID()}
	}
	body, err := provisioning(user, req.From().Address)
	if err != nil {
		return nil, err
	}
	// Nothing is kept of the dialog: the client's own number grows from one
	// SUBSCRIBE in it to the next, and so does that of NOTIFY.
	number := uint32(1)
	if cseq := req.CSeq(); cseq != nil {
		number = max(number, cseq.SeqNo)
	}
	own := s.Endpoint.LocalURI(flow.Network, "")
	notify := sipstack.NewRequest(sipstack.NOTIFY, contact.URI)
	for _, field := range [][2]string{
		{"From", local.String()}, {"To", sipstack.HeaderValue(req, "From")},
		{"Call-ID", sipstack.HeaderValue(req, "Call-ID")}, {"CSeq", strconv.FormatUint(uint64(number), 10) + " NOTIFY"}, {"Max-Forwards", "70"},
		{"Contact", "<" + own.String() + ">"}, {"Event", Event}, {"Subscription-State", "terminated;reason=timeout"},
		{"Content-Type", "application/vnd-microsoft-provisioning+xml"},
	} {
		notify.AppendHeader(sipstack.NewHeader(field[0], field[1]))
	}
	notify.SetBody(body)
	return notify, nil
}

type provisionXML struct {
	XMLName xml.Name `xml:"provision"`
	User    userXML  `xml:"user"`
}

type userXML struct {
	URI   string    `xml:"uri,attr"`
	Lines []lineXML `xml:"line"`
}

type lineXML struct {
	URI    string `xml:"uri,attr"`
	Server string `xml:"server,attr"`
}

// provisioning names the lines that the user has a right on, in the order of
// the configuration, each with this edge's domain as its gateway.
func provisioning(user *targetconfig.User, from sipstack.URI) ([]byte, error) {
	out := provisionXML{User: userXML{URI: from.User + "@" + from.Host}}
	for _, line := range user.GetLines() {
		if line.GetMonitor() || line.GetControl() {
			out.User.Lines = append(out.User.Lines, lineXML{
				URI:    telURI(line.GetNumber()),
				Server: "sip:" + line.GetNumber() + "@" + from.Host,
			})
		}
	}
	return xml.Marshal(out)
}

// telURI writes a line for a client of Microsoft's make: a number in E.164 as it
// is, any other as a dial string. One with both makes such a client give up.
func telURI(number string) string {
	if strings.HasPrefix(number, "+") {
		return "tel:" + number
	}
	return "tel:" + number + ";phone-context=dialstring"
}
