// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
	"offhook.dev/services/targetconfig"
)

// button is one button of a phone.
type button struct {
	kind skinny.Stimulus
	// instance counts the buttons of a kind from 1; those that are features are
	// counted together.
	instance uint32
	config   *configv1.SkinnyButton
}

// layOut works out the phone's buttons from its configuration.
func (s *station) layOut() {
	last := max(s.model.Buttons, 1)
	for _, l := range s.phone.Lines {
		last = max(last, int(l.Button))
	}
	for _, b := range s.phone.Buttons {
		last = max(last, int(b.GetButton()))
	}
	s.buttons = make([]button, min(last, maxButtons))
	var lines, speedDials, features uint32
	for i := range s.buttons {
		number := uint32(i) + 1
		if at := slices.IndexFunc(s.phone.Lines, func(l targetconfig.SkinnyLine) bool { return l.Button == number }); at >= 0 {
			lines++
			s.buttons[i] = button{kind: skinny.StimulusLine, instance: lines}
			on := s.driver.line(callmodel.DeviceID(s.phone.Lines[at].Line.GetNumber()))
			s.lines = append(s.lines, place{station: s, line: on, instance: lines, silent: s.phone.Lines[at].SilentRing})
			continue
		}
		at := slices.IndexFunc(s.phone.Buttons, func(b *configv1.SkinnyButton) bool { return b.GetButton() == number })
		if at < 0 {
			continue
		}
		b := s.phone.Buttons[at]
		kind := stimulusOf(b.GetType())
		switch kind {
		case skinny.StimulusSpeedDial:
			speedDials++
			s.buttons[i] = button{kind: kind, instance: speedDials, config: b}
		default:
			features++
			s.buttons[i] = button{kind: kind, instance: features, config: b}
			if kind == skinny.StimulusBLFSpeedDial {
				s.driver.watch(b.GetNumber(), s)
			}
		}
	}
}

// maxButtons of a phone with its expansion modules.
const maxButtons = 42

func stimulusOf(kind configv1.SkinnyButtonType) skinny.Stimulus {
	switch kind {
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_BLF_SPEED_DIAL:
		return skinny.StimulusBLFSpeedDial
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB:
		return skinny.StimulusDoNotDisturb
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_FORWARD_ALL:
		return skinny.StimulusForwardAll
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL, configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_UNSPECIFIED:
	}
	return skinny.StimulusSpeedDial
}

// sameButtons tells whether a phone that shows one configuration need not
// register anew for the other.
func sameButtons(a, b *targetconfig.SkinnyPhone) bool {
	return slices.EqualFunc(a.Lines, b.Lines, func(a, b targetconfig.SkinnyLine) bool {
		return a.Button == b.Button && a.SilentRing == b.SilentRing && a.Line.GetNumber() == b.Line.GetNumber() &&
			a.Line.GetDisplayName() == b.Line.GetDisplayName()
	}) && slices.EqualFunc(a.Buttons, b.Buttons, func(a, b *configv1.SkinnyButton) bool {
		return a.GetButton() == b.GetButton() && a.GetType() == b.GetType() && a.GetNumber() == b.GetNumber() && a.GetLabel() == b.GetLabel()
	})
}

func (s *station) buttonTemplate() *skinny.ButtonTemplate {
	m := &skinny.ButtonTemplate{Total: uint32(len(s.buttons))}
	for _, b := range s.buttons {
		if b.kind == 0 {
			m.Buttons = append(m.Buttons, skinny.Button{Kind: skinny.ButtonUnused})
			continue
		}
		m.Buttons = append(m.Buttons, skinny.Button{Instance: uint8(b.instance), Kind: skinny.ButtonKind(b.kind)})
	}
	return m
}

// softKeys are all soft keys, in the order of the template.
func softKeys() []skinny.SoftKeyLabel {
	label := func(phrase skinny.Phrase, key skinny.SoftKey) skinny.SoftKeyLabel {
		return skinny.SoftKeyLabel{Label: phrase.Text(), Key: key}
	}
	return []skinny.SoftKeyLabel{
		label(skinny.PhraseRedial, skinny.KeyRedial), label(skinny.PhraseNewCall, skinny.KeyNewCall),
		label(skinny.PhraseHold, skinny.KeyHold), label(skinny.PhraseTransfer, skinny.KeyTransfer),
		label(skinny.PhraseForwardAll, skinny.KeyForwardAll), label(skinny.PhraseBackSpace, skinny.KeyBackSpace),
		label(skinny.PhraseEndCall, skinny.KeyEndCall), label(skinny.PhraseResume, skinny.KeyResume),
		label(skinny.PhraseAnswer, skinny.KeyAnswer), label(skinny.PhraseConference, skinny.KeyConference),
		label(skinny.PhrasePark, skinny.KeyPark), label(skinny.PhrasePickUp, skinny.KeyPickUp),
		label(skinny.PhraseGroupPickUp, skinny.KeyGroupPickUp), {Label: "DND", Key: skinny.KeyDoNotDisturb},
		label(skinny.PhraseCallBack, skinny.KeyCallBack), {Label: "iDivert", Key: skinny.KeyDivert},
		{Label: "Dial", Key: skinny.KeyDial},
	}
}

func softKeyTemplate() *skinny.SoftKeyTemplateRes {
	keys := softKeys()
	return &skinny.SoftKeyTemplateRes{Total: uint32(len(keys)), Keys: keys}
}

// keysOf are the soft keys of a set.
func keysOf(set skinny.KeySet) []skinny.SoftKey {
	switch set {
	case skinny.KeysOnHook:
		return []skinny.SoftKey{skinny.KeyRedial, skinny.KeyNewCall, skinny.KeyForwardAll, skinny.KeyDoNotDisturb, skinny.KeyPickUp, skinny.KeyGroupPickUp}
	case skinny.KeysConnected:
		return []skinny.SoftKey{skinny.KeyHold, skinny.KeyEndCall, skinny.KeyTransfer, skinny.KeyConference, skinny.KeyPark}
	case skinny.KeysOnHold:
		return []skinny.SoftKey{skinny.KeyResume, skinny.KeyNewCall, skinny.KeyEndCall}
	case skinny.KeysRingIn:
		return []skinny.SoftKey{skinny.KeyAnswer, skinny.KeyEndCall, skinny.KeyDivert}
	case skinny.KeysOffHook:
		return []skinny.SoftKey{skinny.KeyRedial, skinny.KeyEndCall, skinny.KeyForwardAll, skinny.KeyPickUp, skinny.KeyGroupPickUp}
	case skinny.KeysConnectedTransfer:
		return []skinny.SoftKey{skinny.KeyHold, skinny.KeyEndCall, skinny.KeyTransfer}
	case skinny.KeysDigitsFollowing:
		return []skinny.SoftKey{skinny.KeyBackSpace, skinny.KeyEndCall, skinny.KeyDial}
	case skinny.KeysConnectedConference:
		return []skinny.SoftKey{skinny.KeyHold, skinny.KeyEndCall, skinny.KeyConference}
	case skinny.KeysRingOut:
		return []skinny.SoftKey{skinny.KeyEndCall, skinny.KeyCallBack}
	case skinny.KeysOffHookFeatures:
		return []skinny.SoftKey{skinny.KeyRedial, skinny.KeyEndCall}
	case skinny.KeysInUseHint:
		return []skinny.SoftKey{skinny.KeyNewCall}
	case skinny.KeysOnHookStealable:
		return []skinny.SoftKey{skinny.KeyResume, skinny.KeyNewCall}
	}
	return nil
}

func softKeySets() *skinny.SoftKeySetRes {
	m := &skinny.SoftKeySetRes{Total: skinny.SoftKeySets}
	all := softKeys()
	for set := range skinny.KeySet(skinny.SoftKeySets) {
		var entry skinny.SoftKeySet
		for i, key := range keysOf(set) {
			at := slices.IndexFunc(all, func(label skinny.SoftKeyLabel) bool { return label.Key == key })
			entry.Template[i] = uint8(at + 1)
			entry.Info[i] = uint16(at + 301)
		}
		m.Sets = append(m.Sets, entry)
	}
	return m
}

// mask leaves those keys out of a set that would do nothing.
func (s *station) mask(set skinny.KeySet, p place) uint32 {
	mask := skinny.AllSoftKeys
	if p.line == nil {
		return mask
	}
	config := s.driver.config
	on, _ := config.Line(string(p.line.number))
	for i, key := range keysOf(set) {
		works := true
		switch key { //nolint:exhaustive // all others always work
		case skinny.KeyRedial:
			works = s.redial != ""
		case skinny.KeyPark:
			works = len(config.Config.GetFeatures().GetParkSlots()) > 0
		case skinny.KeyGroupPickUp:
			works = on != nil && on.GetPickupGroup() != ""
		case skinny.KeyDivert:
			works = config.Config.GetDriver().GetSkinny().GetVoicemail() != ""
		case skinny.KeyConference:
			works = s.driver.mixer != nil
		}
		if !works {
			mask &^= 1 << i
		}
	}
	return mask
}
