// SPDX-License-Identifier: Apache-2.0

package sipstack

// Backlog is how many bytes of all messages on the dialog's connection wait for
// the peer to read; zero over UDP. alive is false where the connection is gone,
// so that a request now would have to open a new one. Who sends much with
// NoWait asks first: a connection whose backlog passes
// Limits.MaxQueuedWriteBytes is closed.
func (d *Dialog) Backlog() (bytes int, alive bool) {
	d.c.mu.Lock()
	h := d.hop
	d.c.mu.Unlock()
	if !h.alive() {
		return 0, false
	}
	if h.conn == nil {
		return 0, true
	}
	return h.conn.backlog(), true
}

func (c *streamConn) backlog() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending)
}
