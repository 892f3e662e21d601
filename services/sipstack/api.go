// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/prometheus/client_golang/prometheus"
)

// Message types of the parser underneath. No other package imports sipgo.
type (
	Request       = sip.Request
	Response      = sip.Response
	URI           = sip.Uri
	Header        = sip.Header
	RequestMethod = sip.RequestMethod
)

// Errors that callers test.
var (
	ErrClosed            = errors.New("sip endpoint is closed")
	ErrDialogGone        = errors.New("sip dialog has ended")
	ErrNoFlow            = errors.New("no sip flow to that address")
	ErrTooManyDialogs    = errors.New("too many sip dialogs")
	ErrTooManyTx         = errors.New("too many sip transactions")
	ErrAlreadyResponded  = errors.New("sip transaction has its final response")
	ErrRequestTerminated = errors.New("sip request was cancelled")
)

// Timers are the timers of RFC 3261 17 and 13.3.1.4, per Endpoint.
type Timers struct {
	T1, T2, T4 time.Duration // 500 ms, 4 s, 5 s
	// TimerB bounds an INVITE without any response and TimerF any other
	// request without final response: 64*T1 each.
	TimerB, TimerF time.Duration
	// TimerC bounds an INVITE that only had provisional responses: 3 min.
	TimerC time.Duration
}

// Limits bound an Endpoint. What is over a limit is refused with 503 (or
// dropped where no answer is due) and counted by reason.
type Limits struct {
	MaxMessageBytes     int           // 64 KiB of body and headers
	MaxServerTx         int           // 65536
	MaxClientTx         int           // 65536
	MaxDialogs          int           // 65536
	MaxConnections      int           // 16384 inbound TCP connections
	MaxQueuedPerCall    int           // 128 messages waiting for one Call-ID
	MaxQueuedWriteBytes int           // 1 MiB per connection
	ConnectionIdle      time.Duration // 10 min without a byte closes a connection that no dialog or registration holds
	WriteTimeout        time.Duration // 10 s
}

// Config makes an Endpoint. The zero value of every field means its default.
type Config struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Timers     Timers
	Limits     Limits
	// Product goes into Server and User-Agent: "Offhook/0.1".
	Product string
	// Advertised is host:port written in Via, Contact and Record-Route in
	// place of the listener's own address.
	Advertised string
	// AdvertisedTLS is likewise what is written for TLS, whose port differs;
	// empty: Advertised.
	AdvertisedTLS string
	// Domains are further names of this endpoint, "host" or "host:port", that
	// a Route may bear: the service's DNS name, a load balancer's address.
	Domains []string
	// BranchTag, letters and digits, goes into every branch (RFC 3261 8.1.1.7), so
	// that of several endpoints behind one address each can tell whose request a
	// response answers. Empty: none.
	BranchTag string
	// Reroute, where set, is given the topmost Route value of each request that
	// does not stay on its dialog's connection, and gives the one to use in its
	// place, or the same: for proxies that have gone. It must not block. A dialog
	// keeps what it gave.
	Reroute func(route string) string
	// TLS, where set, lets Listen and Send take the network "tls": its
	// certificates for connections accepted, its roots for those opened. The
	// name verified is the address, or ServerName where set.
	TLS *tls.Config
	// Trace, where set, is given every message sent and received. It must not
	// block and not keep raw.
	Trace func(dir TraceDirection, flow Flow, raw []byte)
}

// TraceDirection tells a received message from a sent one.
type TraceDirection uint8

// Directions of a traced message.
const (
	TraceReceived TraceDirection = iota
	TraceSent
)

// Flow is where a message came from or has to go: a UDP address pair or one
// TCP connection (RFC 5626). It is comparable and safe to keep; writing to a
// connection that is gone gives ErrNoFlow, or opens a new one where the other
// side is known to listen.
type Flow struct {
	Network string // "udp", "tcp", "tls", always lower case
	Local   string // host:port; "" for a connection that the endpoint opened
	Remote  string // host:port
}

// Handler receives the requests that no dialog of the endpoint claims: new
// INVITE, REGISTER, SUBSCRIBE, OPTIONS, and requests to be proxied. ACK to a
// 2xx and responses that match nothing come through HandleStray.
//
// All calls for one Call-ID (requests, responses, ACKs, time-outs, and those
// of DialogHandler and of response callbacks) are made one after the other, in
// the order of arrival; different Call-IDs run in parallel. A call may block
// (for a gRPC answer, say), which delays its own Call-ID only; it must not
// wait for a response of the same Call-ID.
type Handler interface {
	HandleRequest(tx *ServerTx)
	// HandleStray is given an ACK outside any dialog and transaction (to be
	// proxied) and responses without a transaction. It may drop them.
	HandleStray(flow Flow, req *Request, res *Response)
}

// DialogHandler receives what belongs to one dialog.
type DialogHandler interface {
	// HandleDialogRequest: INFO, re-INVITE, UPDATE, NOTIFY, REFER, OPTIONS...
	// BYE as well: the endpoint answers nothing by itself in a dialog except
	// 481, 500 (CSeq too low where no quirk explains it) and retransmissions.
	// The handler must give a final response (now or later).
	HandleDialogRequest(d *Dialog, tx *ServerTx)
	// HandleAck is the ACK of our 2xx to (re-)INVITE; its body may hold the
	// SDP answer.
	HandleAck(d *Dialog, ack *Request)
	// HandleDialogEnd is called once, last: cause says how it ended.
	HandleDialogEnd(d *Dialog, cause DialogEnd)
}

// DialogEnd says why a dialog ended.
type DialogEnd uint8

// Causes of a dialog's end.
const (
	EndByeReceived   DialogEnd = iota + 1 // the peer's BYE was answered
	EndByeSent                            // Bye was called
	EndTimerExpired                       // the session timer ran out (RFC 4028)
	EndPeerLost                           // 481 or 408 to a request of ours, or no ACK to our 2xx
	EndRejected                           // the INVITE got a final failure, or was cancelled
	EndEndpointClose                      // the endpoint was closed
)

// ResponseFunc is given every response of a client transaction: provisional
// ones, then exactly one final one. A time-out or transport fault comes as a
// 408 or 503 made by the endpoint (IsLocal(res) is true).
type ResponseFunc func(res *Response)

// EndpointAPI is what the rest of Offhook uses of *Endpoint.
type EndpointAPI interface {
	// Listen opens a listener: network "udp", "tcp" or "tls", address host:port.
	Listen(network, address string) (net.Addr, error)
	// SetHandler must be called before Run.
	SetHandler(h Handler)
	// Run serves until ctx ends, and returns when its goroutines are gone.
	Run(ctx context.Context) error

	// Send starts a client transaction outside any dialog (or of a proxy) and
	// returns it. dest is where to send to: a Flow, or a zero Flow to resolve
	// Route or Request-URI. A Via of ours is put on top; Max-Forwards, CSeq,
	// From tag and Call-ID are added where missing. A request over 1,300 bytes
	// for UDP goes by TCP where the peer takes it, else by UDP (RFC 3261 18.1.1).
	Send(req *Request, dest Flow, onResponse ResponseFunc) (*ClientTx, error)
	// SendStateless writes a message as it is: proxied ACK, and responses.
	SendStateless(msg any, dest Flow) error

	// Invite makes a call: an INVITE that starts a dialog of ours.
	Invite(spec InviteSpec) (*Dialog, error)

	// RestoreDialog takes a dialog over that another process held.
	RestoreDialog(state DialogState, h DialogHandler) (*Dialog, error)
}

// InviteSpec describes a new INVITE of ours (UAC).
type InviteSpec struct {
	RequestURI URI
	From, To   NameAddr
	Contact    *NameAddr // nil: the endpoint's own
	CallID     string    // "": random
	Route      []string  // Route header values, in order
	Dest       Flow      // zero: resolved from Route, else from RequestURI
	Headers    []Header  // further headers
	Body       []byte
	// ContentType of Body.
	ContentType string
	Handler     DialogHandler
	// OnResponse sees all responses. On a 2xx the application must call
	// Dialog.Ack with the body of its choice (nil for none); the endpoint
	// sends it again on each retransmission of the 2xx. ACK to a failure is
	// sent by the endpoint.
	OnResponse ResponseFunc
	// Credentials, where set, answer one 401 and one 407 by digest; the
	// challenge is then not shown to OnResponse.
	Credentials *Credentials
	// SessionExpires asks for a session timer (RFC 4028); zero: none.
	SessionExpires time.Duration
}

// Credentials answer a digest challenge (RFC 7616, RFC 2617).
type Credentials struct{ Username, Password string }

// NameAddr is a name-addr with header parameters (RFC 3261 20.10, 20.20, 20.39).
type NameAddr struct {
	DisplayName string
	URI         URI
	Params      map[string]string
}

// AcceptSpec describes the 2xx that accepts an INVITE and makes its dialog.
type AcceptSpec struct {
	Code        int // 200
	Headers     []Header
	Body        []byte
	ContentType string
	Contact     *NameAddr // nil: the endpoint's own address, user of To
	Handler     DialogHandler
	// SessionTimer offers and runs a session timer (RFC 4028): Session-Expires
	// and refresher in the 2xx, expiry of the dialog when no refresh comes.
	// Zero: whatever the request asks for, else none.
	SessionExpires, MinSE time.Duration
	// Refresher "uac" (default) or "uas".
	Refresher string
}

// RequestSpec describes a request inside a dialog.
type RequestSpec struct {
	Method      RequestMethod
	Headers     []Header
	Body        []byte
	ContentType string
	OnResponse  ResponseFunc // may be nil
	// NoWait: no transaction is kept on a reliable transport; the response,
	// if any, is dropped. For event INFOs that some clients never answer.
	NoWait bool
	// KeepOnTimeout: a time-out of this request does not end the dialog.
	KeepOnTimeout bool
}

// DialogState is what another process needs to go on with a dialog.
type DialogState struct {
	CallID, LocalTag, RemoteTag string
	LocalURI, RemoteURI         string // name-addr without tag
	LocalContact                string
	RemoteTarget                string
	RouteSet                    []string
	LocalCSeq, RemoteCSeq       uint32
	UAS                         bool
	Flow                        Flow
	SessionExpires              time.Duration
	WeRefresh                   bool
	// AllowsUpdate: the peer takes UPDATE. SDP: a session description went by.
	AllowsUpdate, SDP bool
}
