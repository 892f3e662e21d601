// SPDX-License-Identifier: Apache-2.0

package subscription

import "strconv"

// summaryBody writes a message summary (RFC 3842 5.2). Counts that nobody
// keeps are left out, so that no phone shows "0 messages" beside its lamp.
func summaryBody(account string, w MessageWaiting) []byte {
	waiting := "no"
	if w.On {
		waiting = "yes"
	}
	body := "Messages-Waiting: " + waiting + "\r\nMessage-Account: " + account + "\r\n"
	if w.New > 0 || w.Old > 0 || !w.On {
		body += "Voice-Message: " + strconv.FormatUint(uint64(w.New), 10) + "/" + strconv.FormatUint(uint64(w.Old), 10) + " (0/0)\r\n"
	}
	return []byte(body)
}
