// SPDX-License-Identifier: Apache-2.0

package callmodel

// line is a directory number with its connections.
type line struct {
	Line
	inService   bool
	connections []*connection
}

// leg is the driver's dialog with one phone, or with the trunk.
type leg struct {
	id    LegID
	state legState
	// connections of one device that the leg carries. At most one is connected.
	connections []*connection
	// media is what SetMedia asked last, where asked; settled: it is so, or will
	// not be.
	media          Media
	asked, settled bool
	// external: on the trunk.
	external bool
	// touched: its media must be looked at before the step ends.
	touched bool
	// digits are the services that wait for SendDigits, in order.
	digits []*pending
}

type legState uint8

const (
	// legRings: the phone was called and is not picked up.
	legRings legState = iota
	// legDials: the phone made the call and waits for the answer.
	legDials
	legUp
	legGone
)

// call is the connections of a call and what all sides know of it.
type call struct {
	id              CallID
	calling, called DeviceID
	lastRedirection DeviceID
	// associatedCalling is the remote phone that stands for the caller.
	associatedCalling DeviceID
	restricted        bool
	data              Data
	globalID          string
	// dialled is the number as dialled, which grows with DialDigits.
	dialled string
	// reason is the cause of ServiceInitiated and Originated: newCall,
	// consultation or callBack.
	reason Cause
	// made by a service, not by hand: its caller is off hook and hears that it
	// failed.
	made bool
	// consult is what a consultation may end in.
	consult ConsultOptions
	// failed is why the call could not be completed, while its caller is in it
	// still; failedAt the device.
	failed   Cause
	failedAt DeviceID
	// forwarders are the lines that forwarded the call, redirections how often it
	// was sent elsewhere.
	forwarders   []DeviceID
	redirections int
	// sentOn: a party sent the call on, so that it may lead from the trunk to the
	// trunk.
	sentOn bool
	route  *dialogue
	// adding is the party that added another one last.
	adding      DeviceID
	connections []*connection
	touched     bool
}

// role is why a connection is in its call.
type role uint8

const (
	// called: rung for the call, or a party since it was answered.
	called role = iota
	caller
	// added by SingleStepConferenceCall, addedSilent to hear only.
	added
	addedSilent
	// picker and joiner are rung to come into the call; nobody sees them before
	// they do.
	picker
	joiner
	parked
	routeing
)

type connection struct {
	id    ConnectionID
	call  *call
	state State
	role  role
	// why is the cause of Delivered.
	why Cause
	// silent: heard by nobody.
	silent bool
	// leg is nil for a device that only queues the call.
	leg *leg
	// line is nil for a device that is no line of the target.
	line *line
	// operation is the service that waits for the phone.
	pending *pending
	// until is when the state ends by time, autoAnswer when the phone is to
	// answer.
	until, autoAnswer timer
	// order is the connection's place among all that there were.
	order uint64
	// by is the line that parked the call, or added the party.
	by DeviceID
}

func (n *connection) device() DeviceID { return n.id.Device }

// up tells whether the party is in the call, be it on hold.
func (n *connection) up() bool { return n.state == Connected || n.state == Hold }

// seen tells whether events and snapshots know of the connection.
func (n *connection) seen() bool { return n.state != Null }

// hidden tells whether a connection is no party before it is picked up.
func (n *connection) hidden() bool {
	return n.state == Null && (n.role == picker || n.role == joiner)
}

// viable tells whether a call goes on: somebody is in it, with somebody to talk
// to or to wait for.
func (c *call) viable() bool {
	up, others := 0, 0
	for _, n := range c.connections {
		if n.up() {
			up++
		} else if n.state != Initiated {
			others++
		}
	}
	return up >= 2 || up == 1 && others > 0
}

// established tells whether a party has somebody to talk to.
func (c *call) established() bool {
	up := 0
	for _, n := range c.connections {
		if n.up() {
			up++
		}
	}
	return up >= 2
}

// first is the first connection that is in the call, or nil.
func (c *call) first() *connection {
	for _, n := range c.connections {
		if n.up() || n.state == Initiated {
			return n
		}
	}
	return nil
}

// of is the connection of a device, or nil.
func (c *call) of(device DeviceID) *connection {
	for _, n := range c.connections {
		if n.id.Device == device {
			return n
		}
	}
	return nil
}

// far is a party at the other end, rather one that is up than one that is not;
// nil: none.
func (n *connection) far() *connection {
	var far *connection
	for _, other := range n.call.connections {
		if other != n && !other.hidden() && (far == nil || !far.up() && other.up()) {
			far = other
		}
	}
	return far
}

// external tells whether the call comes from the trunk.
func (c *call) external() bool {
	n := c.first()
	return n != nil && n.line == nil
}

func without[T comparable](list []T, gone T) []T {
	for i, entry := range list {
		if entry == gone {
			var none T
			last := len(list) - 1
			copy(list[i:], list[i+1:])
			list[last] = none
			return list[:last]
		}
	}
	return list
}
