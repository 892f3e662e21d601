// SPDX-License-Identifier: Apache-2.0

package skinnyphonetest

import (
	"strconv"
	"time"

	"offhook.dev/services/skinny"
)

// take answers what belongs to the registration.
func (d *Desk) take(message skinny.Message) {
	if len(d.Asked) < 100 {
		d.Asked = append(d.Asked, message.ID())
	}
	switch m := message.(type) {
	case *skinny.Register:
		d.Registered = m
		if d.server.OnRegister != nil {
			d.server.OnRegister(d, m)
			return
		}
		d.Acknowledge()
	case *skinny.RegisterTokenReq:
		d.server.Tokens <- d
	case *skinny.KeepAlive:
		d.Send(&skinny.KeepAliveAck{})
	case *skinny.Unregister:
		d.Send(&skinny.UnregisterAck{})
	case *skinny.ButtonTemplateReq:
		d.Send(&skinny.ButtonTemplate{Offset: 0, Total: 5, Buttons: []skinny.Button{{Instance: 1, Kind: 9}, {Instance: 2, Kind: 9}}},
			&skinny.ButtonTemplate{Offset: 2, Total: 5, Buttons: []skinny.Button{
				{Instance: 1, Kind: 2}, {Kind: skinny.ButtonUnused}, {Instance: 3, Kind: skinny.ButtonKind(skinny.StimulusDoNotDisturb)},
			}})
	case *skinny.SoftKeyTemplateReq:
		d.Send(&skinny.SoftKeyTemplateRes{Total: 10, Keys: []skinny.SoftKeyLabel{
			{Label: skinny.PhraseRedial.Text(), Key: skinny.KeyRedial}, {Label: skinny.PhraseNewCall.Text(), Key: skinny.KeyNewCall},
			{Label: skinny.PhraseHold.Text(), Key: skinny.KeyHold}, {Label: skinny.PhraseTransfer.Text(), Key: skinny.KeyTransfer},
			{Label: skinny.PhraseEndCall.Text(), Key: skinny.KeyEndCall}, {Label: skinny.PhraseResume.Text(), Key: skinny.KeyResume},
			{Label: skinny.PhraseAnswer.Text(), Key: skinny.KeyAnswer}, {Label: "Confrn", Key: skinny.KeyConference},
		}}, &skinny.SoftKeyTemplateRes{Offset: 8, Total: 10, Keys: []skinny.SoftKeyLabel{{Label: "DND", Key: skinny.KeyDoNotDisturb}, {Label: "Park", Key: skinny.KeyPark}}})
	case *skinny.SoftKeySetReq:
		set := func(places ...uint8) (s skinny.SoftKeySet) { copy(s.Template[:], places); return s }
		d.Send(&skinny.SoftKeySetRes{Total: 9, Sets: []skinny.SoftKeySet{
			set(1, 2, 9), set(3, 5, 4, 8, 10), set(6, 2, 5), set(7, 5), set(1, 5), set(5, 0, 4), set(5), set(5, 8), set(5, 4),
		}})
	case *skinny.ConfigStatReq:
		d.Send(&skinny.ConfigStat{DeviceName: d.Registered.Phone.DeviceName, UserName: "Ada", ServerName: "offhook", Lines: 2, SpeedDialCount: 1})
	case *skinny.LineStatReq:
		stat := skinny.LineStat{Line: m.Line, Number: strconv.Itoa(1000 + int(m.Line)), Name: "Ada", Label: "Zoë"}
		if d.Version().Dynamic() {
			d.Send(&skinny.LineStatDynamic{LineStat: stat})
			return
		}
		d.Send(&stat)
	case *skinny.SpeedDialStatReq:
		d.Send(&skinny.SpeedDialStat{SpeedDial: m.SpeedDial, Number: "1009", Label: "Bob"})
	case *skinny.FeatureStatReq:
		d.Send(&skinny.FeatureStat{Index: m.Index, Feature: skinny.StimulusDoNotDisturb, Label: "DND", Status: 1})
	case *skinny.ForwardStatReq:
		d.Send(&skinny.ForwardStat{Active: true, Line: m.Line, All: skinny.Forwarding{Active: m.Line == 2, Number: "1007"}})
	case *skinny.TimeDateReq:
		d.Send(skinny.TimeDate(time.Unix(1800000000, 0).UTC()), &skinny.SelectSoftKeys{Set: skinny.KeysOnHook, Mask: skinny.AllSoftKeys},
			&skinny.DisplayPromptStatus{Text: skinny.PhraseYourCurrentOptions.Text()})
		d.server.arrived <- d
	case *skinny.RegisterAvailableLines, *skinny.IPPort, *skinny.HeadsetStatus:
	default:
		d.sent <- message
	}
}
