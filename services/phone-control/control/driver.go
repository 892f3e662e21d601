// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/targetconfig"
)

// Driver is the line side of one target. Execute, Configure and Release are
// called on the target's goroutine and must not block.
type Driver interface {
	// Execute carries out a command of the call model. What comes of it is told
	// through Loop.Indicate, during the call or later.
	Execute(callmodel.Command)
	// Configure applies a change of the target's configuration.
	Configure(*targetconfig.Target)
	// Registrations lists the phones; it may be called from any goroutine.
	Registrations() []*phonecontrolv1.Registration
	// Run does what the driver does by itself, until the context ends.
	Run(ctx context.Context) error
	// Release lets go of all calls without a word to the phones: another
	// replica may run the target already.
	Release()
}

// HandingOver is a driver whose legs can go over to another replica. Its methods
// are called on the target's goroutine and must not block.
type HandingOver interface {
	Driver
	// Quiet tells that nothing is under way with a phone: every leg is up, and
	// waits for no answer.
	Quiet() bool
	// Export gives the state of all legs that are up, in a form that drivers of
	// other versions read. From now on nothing is sent to their phones, nor is
	// anything of them told; Release follows.
	Export() ([]byte, error)
	// Import goes on with legs that another replica exported, before Run and
	// before any command, and names those it has. It sends nothing where nothing
	// has to change at a phone.
	Import(state []byte) ([]callmodel.LegID, error)
}

// Loop is a target's goroutine as its driver sees it.
type Loop interface {
	// Indicate gives the call model an input. Only on the target's goroutine.
	Indicate(callmodel.Input)
	// New, Further and Due run work on the target's goroutine; they may be
	// called from any goroutine and never block. New is refused first when the
	// target has too much to do, Further when it has far too much, Due never.
	New(func()) bool
	Further(func()) bool
	Due(func())
	// Leaving tells that the target is about to go to another replica: New is
	// refused. From any goroutine.
	Leaving() bool
	// After runs work on the target's goroutine later, unless stopped before.
	After(time.Duration, func()) (stop func())
	// Request gives the call model a service that the user of a phone asked for;
	// done is told the reply, on the target's goroutine.
	Request(service func(callmodel.RequestID) callmodel.Input, done func(callmodel.Reply))
	// Calls are the calls at a line. Only on the target's goroutine, as what
	// follows.
	Calls(line callmodel.DeviceID) []callmodel.LineCall
	// Features are the settings of the lines, to read.
	Features() *linefeatures.Settings
	// SetDoNotDisturb and SetForwarding change a setting as a service does. Not
	// from within Execute.
	SetDoNotDisturb(line callmodel.DeviceID, on bool) *callmodel.Error
	SetForwarding(line callmodel.DeviceID, forwarding linefeatures.Forwarding) *callmodel.Error
	// Lines are the target's lines as phones that subscribe see them. Its methods
	// may be called from any goroutine but the target's, which they wait for.
	Lines() subscription.Lines
}

// Factory makes the driver that a target's configuration asks for.
type Factory func(target *targetconfig.Target, loop Loop) (Driver, error)
