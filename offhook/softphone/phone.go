// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/sipstack"
)

// maxCalls a phone has at a time; a further one is answered 486 Busy Here.
const maxCalls = 4

// Errors that callers test.
var (
	ErrNoSuchCall    = errors.New("phone has no such call")
	ErrTooManyCalls  = errors.New("phone has all the calls it can take")
	ErrNotRinging    = errors.New("call is not ringing")
	ErrNotConnected  = errors.New("call is not in the state for that")
	ErrChanging      = errors.New("call is being held or resumed already")
	ErrPhoneShutDown = errors.New("phone is shut down")
)

// Settings of a phone. Number, Password, Domain and Registrar are required.
type Settings struct {
	// Number is the user part of the address of record and the digest user.
	Number      string
	Username    string // digest user, Number where empty
	DisplayName string
	Password    string
	// Domain is the host of the address of record, with a port if not 5060.
	Domain string
	// Registrar is the host:port of the SIP server, the phone's outbound proxy.
	Registrar string
	// Transport is "udp" (default) or "tcp".
	Transport string
	// IP is the local address for SIP and RTP; 127.0.0.1 where empty.
	IP string
	// Expires of the registration; 2 minutes where zero.
	Expires time.Duration
	// AnswerAfter, where positive, answers every call by itself after that
	// time; zero leaves it to Answer.
	AnswerAfter time.Duration
	// AutoAnswer makes the phone obey Call-Info answer-after=0, Alert-Info
	// info=alert-autoanswer and Answer-Mode: Auto.
	AutoAnswer bool
	// RemoteControl makes the phone offer and obey NOTIFY Event: talk and hold.
	RemoteControl bool
	// Report, where set, is told what happens, in order, and must not block.
	Report func(Report)
	Logger *slog.Logger
}

// Phone is one phone. Its methods may be called from any goroutine while Run
// runs.
type Phone struct {
	settings Settings
	endpoint *sipstack.Endpoint
	contact  sipstack.NameAddr
	// disconnected is told that a connection to the server has ended, by which the
	// phone was reached: it registers anew.
	disconnected chan struct{}

	mutex sync.Mutex
	calls []*Call
	// root is Run's context: audio streams end with it.
	root context.Context //nolint:containedctx // the phone's life, not a request's
}

// New makes a phone and opens its SIP port.
func New(settings Settings) (*Phone, error) {
	if settings.Number == "" || settings.Domain == "" || settings.Registrar == "" {
		return nil, errors.New("make phone: number, domain and registrar are required")
	}
	if settings.Transport == "" {
		settings.Transport = "udp"
	}
	if settings.IP == "" {
		settings.IP = "127.0.0.1"
	}
	if settings.Expires == 0 {
		settings.Expires = 2 * time.Minute
	}
	if settings.Username == "" {
		settings.Username = settings.Number
	}
	if settings.Logger == nil {
		settings.Logger = slog.New(slog.DiscardHandler)
	}
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Logger: settings.Logger, Product: "Offhook-phone"})
	if err != nil {
		return nil, fmt.Errorf("make phone: %w", err)
	}
	if _, err := endpoint.Listen(settings.Transport, net.JoinHostPort(settings.IP, "0")); err != nil {
		return nil, fmt.Errorf("make phone: %w", err)
	}
	phone := &Phone{settings: settings, endpoint: endpoint, disconnected: make(chan struct{}, 1)}
	endpoint.OnFlowClosed(func(flow sipstack.Flow) {
		if flow.Network != settings.Transport || flow.Local != "" {
			return // the phone has not opened it
		}
		select {
		case phone.disconnected <- struct{}{}:
		default:
		}
	})
	phone.contact = sipstack.NameAddr{URI: endpoint.LocalURI(settings.Transport, settings.Number)}
	endpoint.SetHandler(phone)
	return phone, nil
}

// Run registers the phone and serves it until ctx ends; then it ends its
// calls, un-registers, and returns when its goroutines are gone.
func (p *Phone) Run(ctx context.Context) error {
	// SIP outlives the phone's calls and registration, so that both can end.
	sip, stopSIP := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSIP()
	media, stopMedia := context.WithCancel(context.WithoutCancel(ctx))
	defer stopMedia()
	p.mutex.Lock()
	p.root = media
	p.mutex.Unlock()

	registered, stopRegistration := context.WithCancel(ctx)
	defer stopRegistration()
	var group errgroup.Group
	group.Go(func() error {
		defer stopRegistration()
		return p.endpoint.Run(sip)
	})
	group.Go(func() error {
		defer stopSIP()
		p.stayRegistered(registered)
		return nil
	})
	err := group.Wait()
	for _, call := range p.Calls() {
		call.finish("phone shut down")
	}
	return err
}

// Number is the phone's own number.
func (p *Phone) Number() string { return p.settings.Number }

// Calls the phone has, the oldest first.
func (p *Phone) Calls() []*Call {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.calls)
}

// Ringing is the oldest call that rings here.
func (p *Phone) Ringing() (*Call, bool) {
	for _, call := range p.Calls() {
		if call.State() == Ringing {
			return call, true
		}
	}
	return nil, false
}

func (p *Phone) add(call *Call) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.root == nil || p.root.Err() != nil {
		return ErrPhoneShutDown
	}
	if len(p.calls) >= maxCalls {
		return ErrTooManyCalls
	}
	stream, err := audio.Open(p.root, audio.Options{IP: p.settings.IP})
	if err != nil {
		return err
	}
	call.audio = stream
	p.calls = append(p.calls, call)
	return nil
}

func (p *Phone) remove(call *Call) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.calls = slices.DeleteFunc(p.calls, func(other *Call) bool { return other == call })
}

func (p *Phone) report(kind ReportKind, call *Call, detail string) {
	if p.settings.Report == nil {
		return
	}
	report := Report{Kind: kind, Phone: p.settings.Number, Detail: detail, Time: time.Now()}
	if call != nil {
		report.Peer = call.Peer()
	}
	p.settings.Report(report)
}

func (p *Phone) route() []string {
	return []string{"<sip:" + p.settings.Registrar + ";transport=" + p.settings.Transport + ";lr>"}
}

func (p *Phone) address() (sipstack.NameAddr, error) { return p.party(p.settings.Number) }

func (p *Phone) party(number string) (sipstack.NameAddr, error) {
	uri, err := sipstack.ParseURI("sip:" + number + "@" + p.settings.Domain)
	if err != nil {
		return sipstack.NameAddr{}, fmt.Errorf("address of %s: %w", number, err)
	}
	address := sipstack.NameAddr{URI: uri}
	if number == p.settings.Number {
		address.DisplayName = p.settings.DisplayName
	}
	return address, nil
}
