// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"sync"
	"time"

	"offhook.dev/services/sipstack"
)

// repeatTime is how long a 2xx to an INVITE may come again: 64*T1 and some
// (RFC 6026 8.7).
const repeatTime = 35 * time.Second

// invites are the INVITEs whose 2xx may still come again. Transactions bound
// their number.
type invites struct {
	mu   sync.Mutex
	open map[inviteKey]*openInvite
}

// inviteKey names an INVITE by what its responses repeat.
type inviteKey struct {
	direction, callID, from, cseq string
}

type openInvite struct {
	tx     *sipstack.ServerTx
	expiry *time.Timer
}

func newInvites() *invites { return &invites{open: make(map[inviteKey]*openInvite)} }

func inviteKeyOf(direction string, msg any) inviteKey {
	return inviteKey{
		direction: direction, callID: sipstack.HeaderValue(msg, "Call-ID"),
		from: sipstack.HeaderValue(msg, "From"), cseq: sipstack.HeaderValue(msg, "CSeq"),
	}
}

func (i *invites) find(key inviteKey) (*sipstack.ServerTx, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	invite, ok := i.open[key]
	if !ok {
		return nil, false
	}
	return invite.tx, true
}

// accepted remembers an INVITE that got a 2xx for as long as that may come
// again.
func (i *invites) accepted(key inviteKey, tx *sipstack.ServerTx) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, known := i.open[key]; known {
		return
	}
	i.open[key] = &openInvite{tx: tx, expiry: time.AfterFunc(repeatTime, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.open, key)
	})}
}

func (i *invites) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, invite := range i.open {
		invite.expiry.Stop()
	}
	clear(i.open)
}
