// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"errors"
	"net"
	"time"
)

var errTODO = errors.New("not implemented")

type Endpoint struct{}

var _ EndpointAPI = (*Endpoint)(nil)

// NewEndpoint makes an endpoint. Errors: Advertised is no host:port, or the
// Registerer refuses the metrics.
func NewEndpoint(cfg Config) (*Endpoint, error) { return nil, errTODO }

func (e *Endpoint) Listen(network, address string) (net.Addr, error) { return nil, errTODO }
func (e *Endpoint) SetHandler(h Handler)                             {}
func (e *Endpoint) Run(ctx context.Context) error                    { return errTODO }
func (e *Endpoint) Send(req *Request, dest Flow, onResponse ResponseFunc) (*ClientTx, error) {
	return nil, errTODO
}
func (e *Endpoint) SendStateless(msg any, dest Flow) error  { return errTODO }
func (e *Endpoint) Invite(spec InviteSpec) (*Dialog, error) { return nil, errTODO }
func (e *Endpoint) RestoreDialog(state DialogState, h DialogHandler) (*Dialog, error) {
	return nil, errTODO
}

// LocalURI is this endpoint's own address over network ("udp", "tcp") with a
// user part, as it goes into Contact, Path and Record-Route: the advertised
// address, else the listener's. Add ;lr for the latter two, or take RouteURI.
func (e *Endpoint) LocalURI(network, user string) URI { return URI{} }

// RouteURI is LocalURI with ;lr and further URI parameters without value.
func (e *Endpoint) RouteURI(network, user string, flags ...string) URI { return URI{} }

// StripRoute takes the Route values that name this endpoint from the top of
// req and returns the first of them. The endpoint has done so for requests
// given to HandleRequest (see ServerTx.OwnRoute), not for a stray ACK.
func (e *Endpoint) StripRoute(req *Request) (URI, bool) { return URI{}, false }

// FlowAlive tells whether flow's connection is open; a UDP flow always is
// while its listener is.
func (e *Endpoint) FlowAlive(flow Flow) bool { return false }

// HoldFlow keeps the connection of flow from the idle close until release is
// called: for a registration. Dialogs hold their flow themselves.
func (e *Endpoint) HoldFlow(flow Flow) (release func()) { return func() {} }

// OnFlowClosed asks to be told when a connection has gone.
func (e *Endpoint) OnFlowClosed(fn func(Flow)) {}

// UnknownDialogHandler may be implemented by a Handler: it is given an
// in-dialog request for the endpoint itself whose dialog is not known, and
// may take the dialog over by RestoreDialog and return it; the request is then
// given to that dialog. nil: the endpoint answers 481.
type UnknownDialogHandler interface {
	HandleUnknownDialog(tx *ServerTx) *Dialog
}

// RefreshHandler may be implemented by a DialogHandler: it makes the request
// that refreshes the session when we are the refresher (RFC 4028 7.4): a
// re-INVITE or an UPDATE with the body of the application's choice. Without it
// the endpoint sends UPDATE where the peer allows it, else a re-INVITE without
// body. On a 2xx to a re-INVITE it is the application that calls Dialog.Ack if
// OnResponse is set, else the endpoint.
type RefreshHandler interface {
	HandleRefresh(d *Dialog) RequestSpec
}

// ServerTx is one request received and the transaction that answers it. All
// methods may be called from any goroutine.
type ServerTx struct{}

// Request is the request as received; Routes that name this endpoint are
// taken off. It must not be changed; Clone it.
func (tx *ServerTx) Request() *Request { return nil }

// Flow is where the request came from.
func (tx *ServerTx) Flow() Flow { return Flow{} }

// Dialog is the dialog the request belongs to, or nil.
func (tx *ServerTx) Dialog() *Dialog { return nil }

// OwnRoute is the topmost Route that named this endpoint and was taken off:
// our Record-Route or Path; its User is our token.
func (tx *ServerTx) OwnRoute() (URI, bool) { return URI{}, false }

// Respond sends a provisional or final response. reason "" means the usual
// phrase. After a final response ErrAlreadyResponded is returned, after a
// CANCEL ErrRequestTerminated. Use Accept for a 2xx that makes a dialog.
func (tx *ServerTx) Respond(code int, reason string, opts ...ResponseOption) error { return errTODO }

// RespondWith sends a response made by the application, a proxied one:
// the topmost Via, if it is ours, is taken off, and the request's own is below.
func (tx *ServerTx) RespondWith(res *Response) error { return errTODO }

// Accept answers an INVITE with a 2xx and makes its dialog; the 2xx is sent
// again until its ACK comes.
func (tx *ServerTx) Accept(spec AcceptSpec) (*Dialog, error) { return nil, errTODO }

// Ring answers an INVITE with a provisional response (101-199) that has a To
// tag, and makes an early dialog. AcceptSpec.Handler of the later Accept or
// Dialog.SetHandler gives it its handler.
func (tx *ServerTx) Ring(code int, opts ...ResponseOption) (*Dialog, error) { return nil, errTODO }

// OnCancel has fn called once when a CANCEL came, at once where it has. The
// endpoint has then answered 200 to the CANCEL and 487 to the INVITE.
func (tx *ServerTx) OnCancel(fn func()) {}

// OnCancelKeep is OnCancel of a proxy: the INVITE is not answered 487 by the
// endpoint; the application must give its final response.
func (tx *ServerTx) OnCancelKeep(fn func()) {}

// Done is closed when the final response is sent and, for an INVITE,
// acknowledged or given up.
func (tx *ServerTx) Done() <-chan struct{} { return nil }

// Reject responds with code and its usual phrase.
func (tx *ServerTx) Reject(code int, opts ...ResponseOption) error { return errTODO }

// RejectMethod responds 405 with Allow.
func (tx *ServerTx) RejectMethod(allow ...RequestMethod) error { return errTODO }

// RejectContentType responds 415 with Accept.
func (tx *ServerTx) RejectContentType(accept ...string) error { return errTODO }

// RejectBusy responds 503 with Retry-After.
func (tx *ServerTx) RejectBusy(retryAfter time.Duration) error { return errTODO }

// RequireOnly responds 420 with Unsupported, and returns false, if the request
// requires an option tag (RFC 3261 8.2.2.3) that is not among supported.
func (tx *ServerTx) RequireOnly(supported ...string) bool { return false }

// RespondOptions answers an OPTIONS to this endpoint with 200, Allow, Accept
// and Supported (RFC 3261 11.2).
func (tx *ServerTx) RespondOptions(allow []RequestMethod, accept, supported []string) error {
	return errTODO
}

// Forward makes the request a proxy sends on: a clone, Max-Forwards one less
// (70 where missing). Where Max-Forwards is 0 it responds 483 and returns nil.
func (tx *ServerTx) Forward() *Request { return nil }

// ResponseOption adds to a response.
type ResponseOption func(*responseParts)

type responseParts struct{}

// WithHeader adds headers.
func WithHeader(headers ...Header) ResponseOption { return nil }

// WithBody sets the body and its Content-Type.
func WithBody(body []byte, contentType string) ResponseOption { return nil }

// WithContact sets Contact; without it the endpoint puts its own in responses
// 101-299 to INVITE, and 2xx to UPDATE and SUBSCRIBE.
func WithContact(contact NameAddr) ResponseOption { return nil }

// WithSessionTimer puts Session-Expires in a 2xx to re-INVITE or UPDATE and
// runs the timer on. Without it the request's own wish is granted.
func WithSessionTimer(expires, minSE time.Duration, refresher string) ResponseOption { return nil }

// WithToTag sets the To tag of a response that makes no dialog.
func WithToTag(tag string) ResponseOption { return nil }

// ClientTx is one request sent and the transaction that waits for its answer.
type ClientTx struct{}

// Request is the request as sent. It must not be changed.
func (tx *ClientTx) Request() *Request { return nil }

// Cancel sends CANCEL for an INVITE without final response: at once if it has
// a provisional one, else when that comes. It does nothing for other methods.
func (tx *ClientTx) Cancel() {}

// Terminate forgets the transaction; OnResponse is not called any more.
func (tx *ClientTx) Terminate() {}

// DialogID names a dialog (RFC 3261 12).
type DialogID struct{ CallID, LocalTag, RemoteTag string }

// Dialog is a SIP dialog. All methods may be called from any goroutine.
type Dialog struct{}

// ID of the dialog; RemoteTag is empty before the first response to an INVITE
// of ours.
func (d *Dialog) ID() DialogID { return DialogID{} }

func (d *Dialog) CallID() string     { return "" }
func (d *Dialog) LocalTag() string   { return "" }
func (d *Dialog) RemoteTag() string  { return "" }
func (d *Dialog) RemoteTarget() URI  { return URI{} }
func (d *Dialog) Flow() Flow         { return Flow{} }
func (d *Dialog) State() DialogState { return DialogState{} }

// Send sends a request in the dialog, in CSeq order. A second INVITE or one
// that crosses the peer's gives a *GlareError; after a 2xx to an INVITE Ack is
// due.
func (d *Dialog) Send(spec RequestSpec) (*ClientTx, error) { return nil, errTODO }

// Ack acknowledges the last 2xx to our INVITE or re-INVITE.
func (d *Dialog) Ack(body []byte, contentType string) error { return errTODO }

// Cancel gives our INVITE up while it has no final response.
func (d *Dialog) Cancel() {}

// Bye ends the dialog by BYE, once; HandleDialogEnd(EndByeSent) follows. The
// early dialog of our own INVITE is cancelled; that of the peer's INVITE must
// be rejected by its ServerTx instead.
func (d *Dialog) Bye(headers ...Header) error { return errTODO }

func (d *Dialog) Confirmed() bool            { return false }
func (d *Dialog) Early() bool                { return false }
func (d *Dialog) SetHandler(h DialogHandler) {}

// GlareDelay is how long to wait before a re-INVITE that got 491 is sent again
// (RFC 3261 14.1): random, 2.1-4 s where we made the Call-ID, else 0-2 s.
func (d *Dialog) GlareDelay() time.Duration { return 0 }

// Reset ends the dialog without a word to the peer: it was handed over to
// another process. HandleDialogEnd is not called.
func (d *Dialog) Reset() {}

// GlareError tells that an INVITE of the same dialog is under way.
type GlareError struct {
	// RetryAfter is when to try again (RFC 3261 14.1).
	RetryAfter time.Duration
}

func (e *GlareError) Error() string { return "another INVITE of this dialog is under way" }

// IsLocal tells a response made by the endpoint itself (408 at a time-out, 503
// at a transport fault) from one received.
func IsLocal(res *Response) bool { return false }

// NewRequest makes a request without headers.
func NewRequest(method RequestMethod, uri URI) *Request { return nil }

// NewHeader makes a header of a name and a value.
func NewHeader(name, value string) Header { return nil }

// ParseURI reads a SIP, SIPS or tel URI.
func ParseURI(s string) (URI, error) { return URI{}, errTODO }

// ParseNameAddr reads a name-addr or addr-spec with header parameters.
func ParseNameAddr(s string) (NameAddr, error) { return NameAddr{}, errTODO }

// String writes the name-addr with its parameters in alphabetical order.
func (a NameAddr) String() string { return "" }

// HeaderValue is the value of the first header of that name, in any case or
// compact form, or "".
func HeaderValue(msg any, name string) string { return "" }

// HeaderValues are the values of all headers of that name, in order.
func HeaderValues(msg any, name string) []string { return nil }

// MediaType is the message's Content-Type in lower case without parameters.
func MediaType(msg any) string { return "" }

// ReasonPhrase is the usual phrase of a status code.
func ReasonPhrase(code int) string { return "" }
