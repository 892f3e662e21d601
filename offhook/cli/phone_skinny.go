// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

// SkinnyPhone has what is of `offhook phone --protocol skinny` only.
type SkinnyPhone struct {
	Device          string `help:"The phone's device name, such as SEP001122334455."`
	Server          string `help:"host:port of the call agent." default:"127.0.0.1:2000"`
	Model           string `help:"What kind of phone it is." default:"7970"`
	ProtocolVersion uint8  `help:"Highest protocol version that the phone speaks, 3 to 22." default:"17"`
	Token           bool   `help:"Ask for a registration token first."`
}

const (
	skinnyHelp = "type: dial NUMBER, answer, hold, resume, hangup, transfer NUMBER, conference NUMBER, " +
		"key LABEL, keypad DIGITS, line N, button N, calls, screen, quit"
	// buttonTime is how long the server has to do what a line of the user needs.
	buttonTime = 5 * time.Second
)

// skinny makes a Skinny phone.
func (p *Phone) skinny(say func(string)) (buttons, error) {
	deviceType, ok := skinny.DeviceTypeOf(p.Skinny.Model)
	if !ok {
		return buttons{}, fmt.Errorf("model %q is not known", p.Skinny.Model)
	}
	address, err := netip.ParseAddr(p.IP)
	if err != nil {
		return buttons{}, fmt.Errorf("read local address: %w", err)
	}
	phone, err := skinnyphone.New(skinnyphone.Options{
		Server: p.Skinny.Server, DeviceName: p.Skinny.Device, DeviceType: deviceType,
		ProtocolVersion: skinny.Version(p.Skinny.ProtocolVersion), LocalAddress: address, Token: p.Skinny.Token,
		AnswerAfter: p.AnswerAfter,
		Report:      func(report skinnyphone.Report) { say(stamp(report.Time, report)) },
	})
	if err != nil {
		return buttons{}, err
	}
	return buttons{
		run: phone.Run,
		press: func(ctx context.Context, line string) error {
			ctx, cancel := context.WithTimeout(ctx, buttonTime)
			defer cancel()
			return pressSkinny(ctx, phone, line, say)
		},
		help: skinnyHelp,
	}, nil
}

// pressSkinny does what a button of a Skinny phone does.
func pressSkinny(ctx context.Context, phone *skinnyphone.Phone, line string, say func(string)) error {
	command, argument, _ := strings.Cut(line, " ")
	argument = strings.TrimSpace(argument)
	switch command {
	case "":
		return nil
	case "answer":
		return phone.Answer(ctx)
	case "hold":
		return phone.Hold(ctx)
	case "resume":
		return phone.Resume(ctx)
	case "hangup":
		return phone.HangUp(ctx)
	case "calls":
		for _, call := range phone.Snapshot().Calls {
			say(describeCall(phone.Snapshot(), call))
		}
		return nil
	case "screen":
		say(phone.Snapshot().String())
		return nil
	}
	with := map[string]func() error{
		"dial": func() error { _, err := phone.Call(ctx, argument); return err },
		"transfer": func() error {
			return phone.Transfer(ctx, argument)
		},
		"conference": func() error { _, err := phone.Consult(ctx, skinny.KeyConference, argument); return err },
		"key":        func() error { return phone.PressNamed(argument, skinny.Call{}) },
		"keypad":     func() error { return phone.PressKeypad(argument, skinny.Call{}) },
		"line":       func() error { return numbered(argument, func(n int) error { return phone.PressLine(uint32(n)) }) },
		"button":     func() error { return numbered(argument, phone.PressPosition) },
	}
	act, ok := with[command]
	switch {
	case !ok:
		return errors.New(skinnyHelp)
	case argument == "":
		return fmt.Errorf("%s what? %s", command, skinnyHelp)
	}
	return act()
}

func numbered(argument string, act func(int) error) error {
	n, err := strconv.ParseUint(argument, 10, 8)
	if err != nil {
		return fmt.Errorf("%q is no number of a button", argument)
	}
	return act(int(n))
}

// describeCall is a call in the words of the SIP phone.
func describeCall(shown skinnyphone.Snapshot, call skinnyphone.Call) string {
	stream, _ := shown.StreamOf(call.Call)
	return fmt.Sprintf("%s %s, %d packets sent, %d received",
		call.Peer().Number, strings.ToLower(call.State.String()), stream.Counters.PacketsSent, stream.Counters.PacketsReceived)
}
