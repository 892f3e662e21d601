// SPDX-License-Identifier: Apache-2.0

package skinny

// Tone is what a phone sounds.
type Tone uint32

// Tones. DTMF digits 1 to 9 are 1 to 9 (DigitTone).
const (
	ToneSilence       Tone = 0x00
	ToneDTMF0         Tone = 0x0a
	ToneDTMFStar      Tone = 0x0e
	ToneDTMFPound     Tone = 0x0f
	ToneDTMFA         Tone = 0x10
	ToneInsideDial    Tone = 0x21
	ToneOutsideDial   Tone = 0x22
	ToneLineBusy      Tone = 0x23
	ToneAlerting      Tone = 0x24
	ToneReorder       Tone = 0x25
	ToneHold          Tone = 0x35
	ToneCallWaiting   Tone = 0x2d
	ToneConfirmation  Tone = 0x2e
	ToneZipZip        Tone = 0x31
	ToneZip           Tone = 0x32
	ToneBeepBonk      Tone = 0x33
	ToneReceiverOff   Tone = 0x29
	ToneNoSuchNumber  Tone = 0x2b
	ToneBargeIn       Tone = 0x43
	ToneRecordWarning Tone = 0x26
	ToneNone          Tone = 0x7f
)

// ToneDirection is who hears a tone.
type ToneDirection uint32

// Directions of tones.
const (
	ToneToUser    ToneDirection = 0
	ToneToNetwork ToneDirection = 1
	ToneToAll     ToneDirection = 2
)

// DigitTone is the tone of a DTMF digit (0-9 * # A-D).
func DigitTone(digit byte) (Tone, bool) {
	switch {
	case digit == '0':
		return ToneDTMF0, true
	case digit >= '1' && digit <= '9':
		return Tone(digit - '0'), true
	case digit == '*':
		return ToneDTMFStar, true
	case digit == '#':
		return ToneDTMFPound, true
	case digit >= 'A' && digit <= 'D':
		return ToneDTMFA + Tone(digit-'A'), true
	}
	return 0, false
}

// KeypadKey is a key of the keypad.
type KeypadKey uint32

// Digit is what a key types (0-9 * # A-D +).
func (k KeypadKey) Digit() (byte, bool) {
	const keys = "0123456789ABCD*#+"
	if int64(k) < int64(len(keys)) {
		return keys[k], true
	}
	return 0, false
}

// KeyOf is the key that types a digit.
func KeyOf(digit byte) (KeypadKey, bool) {
	for key := KeypadKey(0); ; key++ {
		switch d, ok := key.Digit(); {
		case !ok:
			return 0, false
		case d == digit:
			return key, true
		}
	}
}

// Stimulus is what a button is for.
type Stimulus uint32

// Stimuli.
const (
	StimulusRedial          Stimulus = 0x01
	StimulusSpeedDial       Stimulus = 0x02
	StimulusHold            Stimulus = 0x03
	StimulusTransfer        Stimulus = 0x04
	StimulusForwardAll      Stimulus = 0x05
	StimulusForwardBusy     Stimulus = 0x06
	StimulusForwardNoAnswer Stimulus = 0x07
	StimulusLine            Stimulus = 0x09
	StimulusVoiceMail       Stimulus = 0x0f
	StimulusAutoAnswer      Stimulus = 0x11
	StimulusFeature         Stimulus = 0x13
	StimulusServiceURL      Stimulus = 0x14
	StimulusBLFSpeedDial    Stimulus = 0x15
	StimulusConference      Stimulus = 0x7d
	StimulusCallPark        Stimulus = 0x7e
	StimulusCallPickUp      Stimulus = 0x7f
	StimulusGroupPickUp     Stimulus = 0x80
	StimulusDoNotDisturb    Stimulus = 0x82
	StimulusNewCall         Stimulus = 0x89
	StimulusEndCall         Stimulus = 0x8a
	StimulusMessages        Stimulus = 0xc2
)

// ButtonKind is a Stimulus as a button template has it.
type ButtonKind uint8

// ButtonUnused is a button without use.
const ButtonUnused ButtonKind = 0xff

// SoftKey is what a soft key is for.
type SoftKey uint32

// Soft keys.
const (
	KeyRedial          SoftKey = 1
	KeyNewCall         SoftKey = 2
	KeyHold            SoftKey = 3
	KeyTransfer        SoftKey = 4
	KeyForwardAll      SoftKey = 5
	KeyForwardBusy     SoftKey = 6
	KeyForwardNoAnswer SoftKey = 7
	KeyBackSpace       SoftKey = 8
	KeyEndCall         SoftKey = 9
	KeyResume          SoftKey = 10
	KeyAnswer          SoftKey = 11
	KeyInfo            SoftKey = 12
	KeyConference      SoftKey = 13
	KeyPark            SoftKey = 14
	KeyJoin            SoftKey = 15
	KeyMeetMe          SoftKey = 16
	KeyPickUp          SoftKey = 17
	KeyGroupPickUp     SoftKey = 18
	KeyDoNotDisturb    SoftKey = 20
	KeyCallBack        SoftKey = 21
	KeyDivert          SoftKey = 80
	KeyDial            SoftKey = 201
)

// KeySet is which soft keys a phone shows.
type KeySet uint32

// Sets of soft keys.
const (
	KeysOnHook              KeySet = 0
	KeysConnected           KeySet = 1
	KeysOnHold              KeySet = 2
	KeysRingIn              KeySet = 3
	KeysOffHook             KeySet = 4
	KeysConnectedTransfer   KeySet = 5
	KeysDigitsFollowing     KeySet = 6
	KeysConnectedConference KeySet = 7
	KeysRingOut             KeySet = 8
	KeysOffHookFeatures     KeySet = 9
	KeysInUseHint           KeySet = 10
	KeysOnHookStealable     KeySet = 11
	SoftKeySets                    = 12 // their number
	SoftKeysPerSet                 = 16
	maxSoftKeys                    = 64
	maxButtons                     = 42
	maxCapabilities                = 18
	AllSoftKeys             uint32 = 0xffffffff
)

// State is the state of a call as its phone shows it.
type State uint32

// States of calls.
const (
	StateOffHook         State = 1
	StateOnHook          State = 2
	StateRingOut         State = 3
	StateRingIn          State = 4
	StateConnected       State = 5
	StateBusy            State = 6
	StateCongestion      State = 7
	StateHold            State = 8
	StateCallWaiting     State = 9
	StateTransfer        State = 10
	StatePark            State = 11
	StateProceed         State = 12
	StateRemoteMultiline State = 13
	StateInvalidNumber   State = 14
)

func (s State) String() string {
	names := [...]string{
		"Idle", "OffHook", "OnHook", "RingOut", "RingIn", "Connected", "Busy", "Congestion", "Hold",
		"CallWaiting", "CallTransfer", "CallPark", "Proceed", "CallRemoteMultiline", "InvalidNumber",
	}
	if int64(s) < int64(len(names)) {
		return names[s]
	}
	return "?"
}

// CallType is the direction of a call.
type CallType uint32

// Directions of calls.
const (
	CallInbound  CallType = 1
	CallOutbound CallType = 2
	CallForward  CallType = 3
)

// LampMode is how a lamp shines.
type LampMode uint32

// Lamp modes.
const (
	LampOff   LampMode = 1
	LampOn    LampMode = 2
	LampWink  LampMode = 3
	LampFlash LampMode = 4
	LampBlink LampMode = 5
)

// RingMode is how a phone rings.
type RingMode uint32

// Ring modes.
const (
	RingOff     RingMode = 1
	RingInside  RingMode = 2
	RingOutside RingMode = 3
	RingFeature RingMode = 4
	RingFlash   RingMode = 5
)

// RingDuration is how long a phone rings.
type RingDuration uint32

// Ring durations.
const (
	RingNormal RingDuration = 1
	RingOnce   RingDuration = 2
)

// Switch is on or off, of speaker, microphone and headset.
type Switch uint32

// Switch positions.
const (
	SwitchOn  Switch = 1
	SwitchOff Switch = 2
)

// ResetKind is how a phone starts again.
type ResetKind uint32

// Ways to start again.
const (
	ResetHard    ResetKind = 1
	ResetRestart ResetKind = 2
)

// Capability is a media payload that a phone has.
type Capability uint32

// Capabilities.
const (
	CapabilityG711ALaw     Capability = 2
	CapabilityG711MuLaw    Capability = 4
	CapabilityG722         Capability = 6
	CapabilityG729         Capability = 11
	CapabilityG729A        Capability = 12
	CapabilityG729B        Capability = 15
	CapabilityG729AB       Capability = 16
	CapabilityWideband256k Capability = 25
	CapabilityTelephone    Capability = 257 // telephone-event (RFC 4733)
)

// MediaStatus is whether a phone opened a channel.
type MediaStatus uint32

// Media statuses.
const (
	MediaOK             MediaStatus = 0
	MediaUnknown        MediaStatus = 1
	MediaNoChannels     MediaStatus = 2
	MediaInvalidParty   MediaStatus = 4
	MediaInvalidCodec   MediaStatus = 6
	MediaOutOfSockets   MediaStatus = 8
	MediaDeviceOnHook   MediaStatus = 255
	partyDirectionBoth  uint32      = 0
	mixingModeNone      uint32      = 0
	requestedAddressAny uint32      = 2
)

// Features are the bits of Register and RegisterAck since version 5.
type Features uint16

// Feature bits.
const (
	FeatureUTF8             Features = 1 << 4
	FeatureDynamicMessages  Features = 1 << 7
	FeatureTelephoneEvent   Features = 1 << 9
	FeatureAbbreviatedDial  Features = 1 << 15
	StatusUnregisterOK      uint32   = 0
	StatusUnregisterRefused uint32   = 2
)

// Notify statuses of a watched line (Notification).
type LineStatus uint32

// Line statuses.
const (
	LineUnknown      LineStatus = 0
	LineIdle         LineStatus = 1
	LineInUse        LineStatus = 2
	LineDoNotDisturb LineStatus = 3
	LineAlerting     LineStatus = 4
)

// SubscriptionBLF is the only feature that phones subscribe to.
const SubscriptionBLF uint32 = 1
