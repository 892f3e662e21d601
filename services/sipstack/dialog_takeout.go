// SPDX-License-Identifier: Apache-2.0

package sipstack

import "time"

// TakeOut gives the state and takes the dialog out of the endpoint, in one step,
// for another process to go on with: HandleDialogEnd is not called, and the peer
// hears nothing. Its requests that have no final response yet are refused with 503
// and Retry-After; by the state's RemoteCSeq they are still to come. false: the
// dialog is not confirmed, or has ended before.
func (d *Dialog) TakeOut(retryAfter time.Duration) (DialogState, bool) {
	d.c.mu.Lock()
	defer d.c.unlock()
	if d.state != dialogConfirmed {
		return d.stateNow(), false
	}
	later := &responseParts{headers: []Header{NewHeader("Retry-After", wholeSeconds(retryAfter))}}
	served := d.remoteSeq
	for _, core := range d.c.server {
		if tx := core.tx; tx != nil && tx.dialog == d && tx.final == 0 {
			served = min(served, tx.req.CSeq().SeqNo-1)
			_ = tx.respond(503, "", later)
		}
	}
	state := d.stateNow()
	state.RemoteCSeq = served
	d.reset = true
	d.forget()
	return state, true
}

// afterEnd answers a request that came just before the dialog ended here.
func (d *Dialog) afterEnd(tx *ServerTx) {
	d.c.mu.Lock()
	reset := d.reset && tx.final == 0
	d.c.mu.Unlock()
	if reset { // it may go on elsewhere
		d.e.handleUnknownDialog(tx)
		return
	}
	_ = tx.Respond(481, "")
}
