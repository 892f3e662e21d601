// SPDX-License-Identifier: Apache-2.0

package sipstack

// UnknownDialogHandler may be implemented by a Handler: it is given an
// in-dialog request for the endpoint itself whose dialog is not known, and
// may take the dialog over by RestoreDialog and return it; the request is then
// given to that dialog. It may also respond itself. nil without a response:
// the endpoint answers 481.
type UnknownDialogHandler interface {
	HandleUnknownDialog(tx *ServerTx) *Dialog
}

// RefreshHandler may be implemented by a DialogHandler: it makes the request
// that refreshes the session when we are the refresher (RFC 4028 7.4): a
// re-INVITE or an UPDATE with the body of the application's choice. Without it
// the endpoint sends UPDATE where the peer allows it, else a re-INVITE without
// body. After a 2xx to a re-INVITE it is the application that calls Dialog.Ack
// if OnResponse is set, else the endpoint sends an empty ACK.
type RefreshHandler interface {
	HandleRefresh(d *Dialog) RequestSpec
}
