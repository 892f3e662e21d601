// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"io"
	"time"

	"github.com/alecthomas/kong"
)

// CLI is the command line. Flags of Connection may come from the environment.
type CLI struct {
	Connection

	Status       Status         `cmd:"" help:"Ask the server for its system status."`
	Features     Features       `cmd:"" help:"List the services and events the server offers."`
	Monitor      Monitor        `cmd:"" help:"Watch a line and print its events as they come."`
	Call         Call           `cmd:"" help:"Make a call: FROM's phone rings first, then TO's."`
	Answer       Answer         `cmd:"" help:"Answer the call that rings at a line."`
	Hold         Hold           `cmd:"" help:"Put the connected call of a line on hold."`
	Retrieve     Retrieve       `cmd:"" help:"Take the held call of a line off hold."`
	Clear        Clear          `cmd:"" help:"Hang up, or reject, the call at a line."`
	Consult      Consult        `cmd:"" help:"Hold the call of a line and make another."`
	Alternate    Alternate      `cmd:"" help:"Swap the held and the active call of a line."`
	Reconnect    Reconnect      `cmd:"" help:"Clear the active call of a line and go back to the held one."`
	Transfer     Transfer       `cmd:"" help:"Connect the held and the active call of a line, or send the active one to a number."`
	Conference   Conference     `cmd:"" help:"Make one call of the held and the active one, or add a device."`
	Deflect      Deflect        `cmd:"" help:"Send the call that rings at a line to another number."`
	Pickup       Pickup         `cmd:"" help:"Pick up a call that rings elsewhere, or is parked."`
	Park         Park           `cmd:"" help:"Park the call of a line."`
	CallBack     CallBack       `cmd:"" help:"Be called when the busy party of the call is free."`
	Digits       Digits         `cmd:"" help:"Send DTMF digits into the call of a line."`
	Dnd          DoNotDisturb   `cmd:"" help:"Show or switch do not disturb."`
	Forward      Forward        `cmd:"" help:"Show or change where a line's calls are forwarded."`
	Mwi          MessageWaiting `cmd:"" help:"Show or switch the message lamp."`
	AutoAnswer   AutoAnswer     `cmd:"" help:"Show or switch auto answer."`
	CallerID     CallerID       `cmd:"" name:"caller-id" help:"Show or switch whether those called see the number."`
	Snapshot     Snapshot       `cmd:"" help:"List the calls at a line."`
	SnapshotCall SnapshotCall   `cmd:"" help:"List the parties of a line's call."`
	Info         Info           `cmd:"" help:"Tell what a line and its phone can do."`
	Devices      Devices        `cmd:"" help:"List the lines the user has rights on."`
	Sessions     Sessions       `cmd:"" help:"List the server's CSTA sessions (administrator)."`
	ClearSession ClearSession   `cmd:"" help:"End a CSTA session; its client gets a BYE (administrator)."`
	Phones       Phones         `cmd:"" help:"List the phones that are registered (administrator)."`
	ResetPhone   ResetPhone     `cmd:"" help:"Make a Skinny phone start again (administrator)."`
	Completion   Completion     `cmd:"" help:"Print a shell completion script."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// Connection says how to reach the server and as whom.
type Connection struct {
	Server       string        `help:"SIP address of the server." placeholder:"HOST:PORT" default:"127.0.0.1:5060" env:"OFFHOOK_SERVER"`
	Transport    string        `help:"SIP transport." enum:"tcp,udp" default:"tcp" env:"OFFHOOK_TRANSPORT"`
	Domain       string        `help:"SIP domain of the target; the server's host if not given." env:"OFFHOOK_DOMAIN"`
	User         string        `help:"CTI user." short:"u" env:"OFFHOOK_USER"`
	PasswordFile string        `help:"File that holds the user's password; - for standard input." type:"path" env:"OFFHOOK_PASSWORD_FILE"`
	Password     string        `help:"The user's password; better in OFFHOOK_PASSWORD or a file, for others can see command lines." env:"OFFHOOK_PASSWORD"`
	Admin        string        `help:"gRPC address of csta-session, for sessions and clear-session, or of phone-control, for phones and reset-phone." placeholder:"HOST:PORT" default:"127.0.0.1:5070" env:"OFFHOOK_ADMIN"`
	AdminCA      string        `name:"admin-ca" help:"PEM file that verifies the administrator's address; plain text without it." type:"existingfile" env:"OFFHOOK_ADMIN_CA"`
	AdminCert    string        `help:"PEM certificate to show to the administrator's address." type:"existingfile" env:"OFFHOOK_ADMIN_CERT"`
	AdminKey     string        `help:"PEM key of --admin-cert." type:"existingfile" env:"OFFHOOK_ADMIN_KEY"`
	Timeout      time.Duration `help:"Longest wait for an answer." default:"10s"`
	Output       string        `help:"Output format." short:"o" enum:"text,json,xml" default:"text"`
	TraceSIP     bool          `name:"trace-sip" help:"Print every SIP message to standard error."`
}

// Environment is where a command runs.
type Environment struct {
	Context  context.Context //nolint:containedctx // kong's Run takes values, not a context
	In       io.Reader
	Out, Err io.Writer
	// Model of the command line, for completion.
	Model *kong.Application
}
