// SPDX-License-Identifier: Apache-2.0

package csta

// CallID names a call (ECMA-269 call identifier); its form is the switching
// function's own.
type CallID string

// ConnectionID names a connection: a call, a device, or the one at the other
// (ECMA-269 connection identifier, ECMA-323 ConnectionID). Applications send
// either part alone. The zero value names nothing. ConnectionID is comparable.
type ConnectionID struct {
	CallID   CallID
	DeviceID DeviceID
}

func (c *ConnectionID) readContent(p *parser) {
	f := frame{specs: connectionChildren}
	for {
		switch p.child(&f) {
		case 0:
			c.CallID = CallID(p.token())
		case 1:
			c.DeviceID.readContent(p)
		default:
			return
		}
	}
}

var connectionChildren = []childSpec{{name: "callID"}, {name: "deviceID"}}

func (c *ConnectionID) appendTo(dst []byte, name string, ed Edition) []byte {
	dst = appendOpen(dst, name)
	if c.CallID != "" {
		dst = appendText(dst, "callID", string(c.CallID))
	}
	if c.DeviceID != (DeviceID{}) {
		dst = c.DeviceID.appendTo(dst, "deviceID", ed)
	}
	return appendClose(dst, name)
}

// Destinations is the newDestination of Deflect Call: one device up to edition
// 5, of which the first is written, and a list in edition 6.
type Destinations []DeviceID

func (d *Destinations) readContent(p *parser) {
	if p.attributes.n > 0 {
		var bare DeviceID
		bare.readContent(p)
		*d = Destinations{bare}
		return
	}
	var bare []byte
	for {
		switch p.next() {
		case tokenStart:
			if p.foreign() || p.local != "device" {
				if p.strict {
					p.offend("not a child of this element")
				}
				p.skip()
				continue
			}
			var device DeviceID
			device.readContent(p)
			*d = append(*d, device)
		case tokenText:
			bare = append(bare, p.text...)
		default:
			if text := trim(string(bare)); text != "" && len(*d) == 0 {
				*d = Destinations{{Text: text}}
			}
			return
		}
	}
}

func (d *Destinations) appendTo(dst []byte, name string, ed Edition) []byte {
	if ed.shape() < Edition6 {
		var first DeviceID
		if len(*d) > 0 {
			first = (*d)[0]
		}
		return first.appendTo(dst, name, ed)
	}
	dst = appendOpen(dst, name)
	for i := range *d {
		dst = (*d)[i].appendTo(dst, "device", ed)
	}
	return appendClose(dst, name)
}
