// SPDX-License-Identifier: Apache-2.0

package dataplane

import "time"

// View is what is known of the data plane at one time. It is not changed after
// it was given.
type View struct {
	// Err is why NATS can't be reached; nil: it can. What a view says with an
	// error is how it was before.
	Err     error
	Targets map[string]Target
	// Users by user name of the digest.
	Users map[string]User
}

// Target is what is known of a target.
type Target struct {
	// Published is the version that the data plane was given last; empty: none.
	Published string
	// Owner is the replica that runs it; empty: none.
	Owner string
	// Applied is the version that the owner acknowledged; Refusal is why it did
	// not take it.
	Applied, Refusal string
	// Refusals are those of other live replicas, "<service>.<replica>: reason".
	Refusals []string
	// Sessions and Monitors that are open.
	Sessions, Monitors int
	// Report is the owner's last answer; nil: there is none.
	Report *Report
}

// CallsUnknown stands for a number of calls that was not asked for.
const CallsUnknown = -1

// Report is what the owner of a target said of it.
type Report struct {
	// At is when it was asked.
	At time.Time
	// ConfigVersion that the owner runs.
	ConfigVersion string
	// PhonesRegistered, LinesInService and Calls of the target; Calls may be
	// CallsUnknown.
	PhonesRegistered, LinesInService, Calls int
	// LastError is what the owner has to complain of; empty: nothing.
	LastError string
	// Lines by number.
	Lines map[string]LineReport
}

// LineReport is what the owner of a target said of a line.
type LineReport struct {
	InService, DoNotDisturb, MessageWaiting bool
	Calls                                   int
	Devices                                 []DeviceReport
	// Forwarding are the active ones: the number by ECMA-323 ForwardingType.
	Forwarding map[string]string
}

// DeviceReport is a phone that is registered.
type DeviceReport struct {
	Name, Contact, UserAgent, Protocol string
	// Expires is zero where the registration has no end.
	Expires time.Time
}

// User is what is known of a CTI user, over all targets.
type User struct {
	Sessions, Monitors int
	// LastSeen is when it opened or ended a session last, as far as this
	// operator saw; zero: not yet.
	LastSeen time.Time
}
