// SPDX-License-Identifier: Apache-2.0

package skinny

import "strings"

// Phrase is a text that the phone has in its own language, by its number. In a
// text it is the byte 0x80 and its number.
type Phrase uint8

// Phrases. Those of soft keys are the numbers of their events.
const (
	PhraseRedial             Phrase = 1
	PhraseNewCall            Phrase = 2
	PhraseHold               Phrase = 3
	PhraseTransfer           Phrase = 4
	PhraseForwardAll         Phrase = 5
	PhraseBackSpace          Phrase = 8
	PhraseEndCall            Phrase = 9
	PhraseResume             Phrase = 10
	PhraseAnswer             Phrase = 11
	PhraseConference         Phrase = 13
	PhrasePark               Phrase = 14
	PhrasePickUp             Phrase = 17
	PhraseGroupPickUp        Phrase = 18
	PhraseYourCurrentOptions Phrase = 19
	PhraseOffHook            Phrase = 20
	PhraseOnHook             Phrase = 21
	PhraseRingOut            Phrase = 22
	PhraseFrom               Phrase = 23
	PhraseConnected          Phrase = 24
	PhraseBusy               Phrase = 25
	PhraseLineInUse          Phrase = 26
	PhraseCallWaiting        Phrase = 27
	PhraseCallTransfer       Phrase = 28
	PhraseCallPark           Phrase = 29
	PhraseCallProceed        Phrase = 30
	PhraseInUseRemote        Phrase = 31
	PhraseEnterNumber        Phrase = 32
	PhraseCallParkAt         Phrase = 33
	PhraseTemporaryFailure   Phrase = 35
	PhraseYouHaveVoiceMail   Phrase = 36
	PhraseForwardedTo        Phrase = 37
	PhraseCantConference     Phrase = 38
	PhraseNoConferenceBridge Phrase = 39
	PhraseKeyNotActive       Phrase = 45
	PhraseInConference       Phrase = 52
	PhraseParkNumber         Phrase = 53
	PhrasePrivate            Phrase = 54
	PhraseUnknownNumber      Phrase = 56
	PhraseDoNotDisturb       Phrase = 63
	PhraseCallBack           Phrase = 65
	PhraseCongestion         Phrase = 66
	PhraseNoParkNumber       Phrase = 71
	PhraseParkReversion      Phrase = 72
	PhraseHighTraffic        Phrase = 74
	PhraseCantTransfer       Phrase = 82
)

// Text is the phrase within a text.
func (p Phrase) Text() string { return string([]byte{phraseMark, byte(p)}) }

func (p Phrase) String() string {
	if name, ok := phraseNames()[p]; ok {
		return name
	}
	return "?"
}

// Readable is a text with its phrases in English.
func Readable(text string) string {
	if strings.IndexByte(text, phraseMark) < 0 {
		return text
	}
	var readable strings.Builder
	for i := 0; i < len(text); i++ {
		// A phrase's mark is no continuation of a character.
		if text[i] == phraseMark && i+1 < len(text) && text[i+1] < 0x80 && (i == 0 || text[i-1] < 0x80 || i >= 2 && text[i-2] == phraseMark) {
			readable.WriteString(Phrase(text[i+1]).String())
			i++
			continue
		}
		readable.WriteByte(text[i])
	}
	return readable.String()
}

func phraseNames() map[Phrase]string {
	return map[Phrase]string{
		PhraseRedial: "Redial", PhraseNewCall: "NewCall", PhraseHold: "Hold", PhraseTransfer: "Transfer",
		PhraseForwardAll: "CFwdAll", PhraseBackSpace: "<<", PhraseEndCall: "EndCall", PhraseResume: "Resume",
		PhraseAnswer: "Answer", PhraseConference: "Confrn", PhrasePark: "Park", PhrasePickUp: "PickUp",
		PhraseGroupPickUp: "GPickUp", PhraseYourCurrentOptions: "Your current options", PhraseOffHook: "Off Hook",
		PhraseOnHook: "On Hook", PhraseRingOut: "Ring Out", PhraseFrom: "From ", PhraseConnected: "Connected",
		PhraseBusy: "Busy", PhraseLineInUse: "Line In Use", PhraseCallWaiting: "Call Waiting",
		PhraseCallTransfer: "Call Transfer", PhraseCallPark: "Call Park", PhraseCallProceed: "Call Proceed",
		PhraseInUseRemote: "In Use Remote", PhraseEnterNumber: "Enter Number", PhraseCallParkAt: "Call Park At ",
		PhraseTemporaryFailure: "Temp Fail", PhraseYouHaveVoiceMail: "You Have VoiceMail", PhraseForwardedTo: "Forwarded To ",
		PhraseCantConference: "Can Not Complete Conference", PhraseNoConferenceBridge: "No Conference Bridge",
		PhraseKeyNotActive: "Key Is Not Active", PhraseInConference: "Conference", PhraseParkNumber: "Park Number",
		PhrasePrivate: "Private", PhraseUnknownNumber: "Unknown Number", PhraseDoNotDisturb: "Do Not Disturb",
		PhraseCallBack: "CallBack", PhraseCongestion: "Network Congestion", PhraseNoParkNumber: "No Park Number Available",
		PhraseParkReversion: "Park Reversion", PhraseHighTraffic: "High Traffic Try Again Later",
		PhraseCantTransfer: "Can Not Complete Transfer",
	}
}
