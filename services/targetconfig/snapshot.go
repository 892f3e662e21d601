// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"log/slog"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/dialplan"
)

// Secret holds the HA1 values of one digest user (RFC 7616 3.4.2), hex. It
// prints as "[secret]".
type Secret struct {
	HA1MD5    string
	HA1SHA256 string
	// Password is a trunk's only: who challenges names the realm.
	Password string
}

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// String hides the secret.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret.
func (Secret) GoString() string { return "[secret]" }

// Snapshot is the configuration of all targets at one moment. It is immutable:
// nothing that it gives may be changed.
type Snapshot struct {
	targets  []*Target
	byName   map[string]*Target
	byDomain map[string]*Target
	fallback *Target
	users    map[string][]*User
	// skinny phones by device name.
	skinny map[string]*SkinnyPhone
	// skinnyAutoAssign takes unknown Skinny phones; nil unless one target alone
	// would.
	skinnyAutoAssign    *Target
	skinnyAutoAssigning int
}

// Target is one configured target.
type Target struct {
	Name    string
	Version string
	// Config is the rendered configuration as it was read.
	Config *configv1.TargetConfig
	// Lines sorted by number.
	Lines []*Line
	// Users sorted by name.
	Users []*User
	// Trunk to numbers outside; nil: none.
	Trunk *Trunk
	// DialPlan tells what numbers mean.
	DialPlan *dialplan.Plan
	// SessionManagers sorted by register-id.
	SessionManagers []*SessionManager

	lines    map[string]*Line
	remote   map[string]*Line
	groups   map[string][]*Line
	routeing []*Line
	managers map[string]*SessionManager
	users    map[string]*User
	// devices are the SIP phones by digest user name.
	devices map[string]*Device
	// skinny phones by device name.
	skinny       map[string]*SkinnyPhone
	skinnySorted []*SkinnyPhone
}

// Line is one directory number of a target.
type Line struct {
	*configv1.Line
	Target  *Target
	Devices []*Device
}

// Trunk is the SIP trunk of a target.
type Trunk struct {
	*configv1.Trunk
	// Secret holds the password towards the peer, where it has one.
	Secret Secret
}

// SessionManager is an application that registers and keeps alive.
type SessionManager struct {
	*configv1.SessionManager
	Target *Target
	// User whose password it registers with and whose rights it has.
	User *User
}

// Device is a phone of a line.
type Device struct {
	*configv1.Device
	Line   *Line
	Secret Secret
}

// User is a CTI user with its rights on lines of one target.
type User struct {
	*configv1.CTIUser
	Target *Target
	Secret Secret

	rights map[string]Rights
}

// Rights are one user's rights on one line.
type Rights struct {
	Monitor bool
	Control bool
}
