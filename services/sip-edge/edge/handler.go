// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/ratelimit"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sip-edge/provision"
	"offhook.dev/services/sip-edge/proxy"
	"offhook.dev/services/sip-edge/sessionmanager"
	"offhook.dev/services/sipstack"
)

// outside serves what applications and phones send.
type outside struct {
	sessions  *appsession.Manager
	managers  *sessionmanager.Server
	proxy     *proxy.Proxy
	provision *provision.Server
	relay     *relay
	limiter   *ratelimit.PerSource
	limited   prometheus.Counter
	bodyBytes int
}

var (
	_ sipstack.Handler              = (*outside)(nil)
	_ sipstack.UnknownDialogHandler = (*outside)(nil)
)

// HandleRequest implements sipstack.Handler.
func (o *outside) HandleRequest(tx *sipstack.ServerTx) {
	if !o.limiter.Allow(ratelimit.Source(tx.Flow().Remote)) {
		o.limited.Inc()
		_ = tx.RejectBusy(time.Second)
		return
	}
	req := tx.Request()
	if route, ok := tx.OwnRoute(); ok && route.User != "" {
		o.proxy.FromPhone(tx)
		return
	}
	switch {
	case req.Method == sipstack.INVITE && appsession.IsCSTA(req, o.bodyBytes):
		o.sessions.HandleInvite(tx)
	case req.Method == sipstack.INFO && appsession.IsCSTA(req, o.bodyBytes):
		_ = tx.Reject(481)
	case req.Method == sipstack.OPTIONS && req.Recipient.User == "":
		o.sessions.RespondOptions(tx)
	case o.managers.Serves(req):
		o.managers.HandleRequest(tx)
	case o.provision.Serves(req):
		o.provision.HandleRequest(tx)
	default:
		o.proxy.FromPhone(tx)
	}
}

// HandleUnknownDialog implements sipstack.UnknownDialogHandler.
func (o *outside) HandleUnknownDialog(tx *sipstack.ServerTx) *sipstack.Dialog {
	if !o.limiter.Allow(ratelimit.Source(tx.Flow().Remote)) {
		o.limited.Inc()
		return nil
	}
	if o.provision.Serves(tx.Request()) {
		// It keeps nothing of its subscriptions, so any dialog will do.
		o.provision.HandleRequest(tx)
		return nil
	}
	return o.sessions.HandleUnknownDialog(tx)
}

// HandleStray implements sipstack.Handler.
func (o *outside) HandleStray(flow sipstack.Flow, req *sipstack.Request, res *sipstack.Response) {
	if res != nil && o.relay.pass(flow, res) {
		return
	}
	o.proxy.StrayFromPhone(flow, req, res)
}

// inside serves what phone-control sends.
type inside struct{ proxy *proxy.Proxy }

var _ sipstack.Handler = (*inside)(nil)

// HandleRequest implements sipstack.Handler.
func (i *inside) HandleRequest(tx *sipstack.ServerTx) {
	if _, ours := tx.OwnRoute(); !ours && tx.Request().Method == sipstack.OPTIONS {
		_ = tx.Respond(200, "")
		return
	}
	i.proxy.FromInside(tx)
}

// HandleStray implements sipstack.Handler.
func (i *inside) HandleStray(flow sipstack.Flow, req *sipstack.Request, res *sipstack.Response) {
	i.proxy.StrayFromInside(flow, req, res)
}
