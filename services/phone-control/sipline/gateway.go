// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"sync"
	"time"

	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// retryAfter is when a phone (or its edge) may try again where this replica
// does not run the target or is full.
const retryAfter = 2 * time.Second

// Gateway gives what arrives at a replica's SIP endpoint to the driver of the
// target that it is for. It is safe for concurrent use.
type Gateway struct {
	source targetconfig.Source

	mu      sync.RWMutex
	drivers map[string]*Driver
}

var (
	_ sipstack.Handler              = (*Gateway)(nil)
	_ sipstack.UnknownDialogHandler = (*Gateway)(nil)
)

// NewGateway gives a gateway without drivers.
func NewGateway(source targetconfig.Source) *Gateway {
	return &Gateway{source: source, drivers: make(map[string]*Driver)}
}

func (g *Gateway) add(d *Driver) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drivers[d.target] = d
}

func (g *Gateway) remove(d *Driver) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drivers[d.target] == d {
		delete(g.drivers, d.target)
	}
}

// Serves reports whether the phones of a target are answered here.
func (g *Gateway) Serves(target string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.drivers[target] != nil
}

// HandleRequest implements sipstack.Handler: requests outside any dialog.
func (g *Gateway) HandleRequest(tx *sipstack.ServerTx) {
	request := tx.Request()
	switch request.Method {
	case "REGISTER", "INVITE":
		driver := g.driverFor(request)
		switch {
		case driver == nil:
			_ = tx.RejectBusy(retryAfter)
		case request.Method == "REGISTER":
			driver.registrar.HandleRegister(tx)
		default:
			driver.called(tx)
		}
	case "OPTIONS":
		_ = tx.RespondOptions(allowedMethods(), []string{"application/sdp"}, []string{"path", "timer"})
	case "SUBSCRIBE":
		switch driver := g.driverFor(request); {
		case driver == nil:
			_ = tx.RejectBusy(retryAfter)
		case driver.subscriptions == nil:
			_ = tx.Reject(489)
		default:
			driver.subscriptions.HandleSubscribe(tx)
		}
	case "PUBLISH":
		_ = tx.Reject(489)
	case "ACK":
	default:
		_ = tx.RejectMethod(allowedMethods()...)
	}
}

// HandleUnknownDialog implements sipstack.UnknownDialogHandler. A dialog of a
// target that is run elsewhere may be known there: the edge asks its owner. 481
// would have the phone end its call.
func (g *Gateway) HandleUnknownDialog(tx *sipstack.ServerTx) *sipstack.Dialog {
	if g.elsewhere(tx.Request()) {
		_ = tx.RejectBusy(retryAfter)
	}
	return nil
}

// elsewhere tells whether a request is for a target that does not run here.
func (g *Gateway) elsewhere(request *sipstack.Request) bool {
	snapshot := g.source.Snapshot()
	for _, party := range []string{"To", "From"} {
		address, err := sipstack.ParseNameAddr(sipstack.HeaderValue(request, party))
		if err != nil {
			continue
		}
		if target, ok := snapshot.TargetByDomain(address.URI.Host); ok {
			return !g.Serves(target.Name)
		}
	}
	return false
}

// HandleStray implements sipstack.Handler. A user agent has no use for strays.
func (g *Gateway) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

// driverFor finds the driver by the domain in the Request-URI, else in To.
func (g *Gateway) driverFor(request *sipstack.Request) *Driver {
	hosts := []string{request.Recipient.Host}
	if to := request.To(); to != nil {
		hosts = append(hosts, to.Address.Host)
	}
	snapshot := g.source.Snapshot()
	for _, host := range hosts {
		target, ok := snapshot.TargetByDomain(host)
		if !ok {
			continue
		}
		g.mu.RLock()
		driver := g.drivers[target.Name]
		g.mu.RUnlock()
		if driver != nil {
			return driver
		}
	}
	return nil
}

func allowedMethods() []sipstack.RequestMethod {
	return []sipstack.RequestMethod{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "INFO", "NOTIFY", "REFER", "REGISTER", "SUBSCRIBE"}
}

// hasToken reports whether a comma-separated header value holds a token.
func hasToken(value, token string) bool {
	for part := range strings.SplitSeq(value, ",") {
		name, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), token) {
			return true
		}
	}
	return false
}
