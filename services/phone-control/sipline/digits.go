// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// info handles an INFO of the phone: DTMF keys most of all.
func (l *leg) info(tx *sipstack.ServerTx) {
	if len(tx.Request().Body()) == 0 {
		_ = tx.Respond(200, "") // a phone's keep-alive
		return
	}
	l.passInfo(tx)
}

// sendDigits sends digits to the leg's phone.
func (l *leg) sendDigits(callmodel.SendDigits) {
	l.commandFailed(callmodel.SendDigitsCommand, &errNoMixer)
}
