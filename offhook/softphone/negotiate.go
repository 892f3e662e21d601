// SPDX-License-Identifier: Apache-2.0

package softphone

import "offhook.dev/offhook/audio"

// describe writes the next version of this side's session description.
func (c *Call) describe(payloads []uint8, direction Direction) ([]byte, error) {
	c.mutex.Lock()
	c.version++
	version := c.version
	c.mutex.Unlock()
	return describe(c.phone.settings.IP, int(c.audio.Address().Port()), version, payloads, direction)
}

// answer writes the next session description as the answer to an offer.
func (c *Call) answer(offer media, codec uint8, direction Direction) ([]byte, error) {
	c.mutex.Lock()
	c.version++
	version := c.version
	c.mutex.Unlock()
	return describeAnswer(c.phone.settings.IP, int(c.audio.Address().Port()), version, offer, codec, direction)
}

// answerTo makes the answer to an offer and points the audio there; without an
// offer it makes a full one of its own (RFC 3264 5, 6, 8.4).
func (c *Call) answerTo(offer []byte) ([]byte, error) {
	own := SendRecv
	if c.State() == Held {
		own = SendOnly
	}
	if len(offer) == 0 {
		return c.describe([]uint8{audio.PayloadPCMU, audio.PayloadPCMA}, own)
	}
	remote, err := parseMedia(offer)
	if err != nil {
		return nil, err
	}
	codec, ok := remote.codec()
	if !ok {
		return nil, errNoAudio
	}
	direction := agreed(own, remote.direction)
	c.direct(remote.address, codec, direction)
	c.heard(remote.direction == SendOnly || remote.direction == Inactive)
	return c.answer(remote, codec, direction)
}

// applyAnswer points the audio where the other side's answer says.
func (c *Call) applyAnswer(answer []byte) {
	remote, err := parseMedia(answer)
	if err != nil {
		c.direct(nil, audio.PayloadPCMU, Inactive)
		return
	}
	if codec, ok := remote.codec(); ok {
		c.direct(remote.address, codec, remote.direction.reversed())
		// To an offer to send only, nothing else than not sending can be answered.
		if c.State() != Held {
			c.heard(remote.direction == SendOnly || remote.direction == Inactive)
		}
	}
}

// heard notes whether the other side has the call on hold, and reports a change.
func (c *Call) heard(held bool) {
	c.mutex.Lock()
	// Media that has not run yet can't be held or resumed.
	changed := c.hadMedia && held != c.heldByPeer
	c.heldByPeer = held
	c.hadMedia = c.hadMedia || !held
	c.mutex.Unlock()
	if !changed {
		return
	}
	if held {
		c.phone.report(HeldByPeer, c, "")
	} else {
		c.phone.report(ResumedByPeer, c, "")
	}
}

// agreed is the direction to answer with: what this side wants, as far as the
// offer allows it (RFC 3264 6.1).
func agreed(own, offered Direction) Direction {
	allowed := offered.reversed()
	sends := own.sends() && allowed.sends()
	receives := (own == SendRecv || own == RecvOnly) && (allowed == SendRecv || allowed == RecvOnly)
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}
