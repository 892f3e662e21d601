// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SkinnyDriver are the settings of the target's Skinny (SCCP) phones.
type SkinnyDriver struct {
	// Keepalive is how often a phone says that it is there. Default 30s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5s') && duration(self) <= duration('10m')",message="must be from 5s to 10m"
	// +optional
	Keepalive *metav1.Duration `json:"keepalive,omitempty"`
	// NoAnswerTimeout is how long a called line rings, for type skinny; else
	// that of sipLine counts. Default 3m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	NoAnswerTimeout *metav1.Duration `json:"noAnswerTimeout,omitempty"`
	// PromptTimeout is how long MakeCall waits for the caller's phone to be
	// picked up, for type skinny; else that of sipLine counts. Default 30s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	PromptTimeout *metav1.Duration `json:"promptTimeout,omitempty"`
	// InterdigitTimeout is how long a phone waits for the next digit (CME's
	// `timeouts interdigit`). Default 10s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('2m')",message="must be from 1s to 2m"
	// +optional
	InterdigitTimeout *metav1.Duration `json:"interdigitTimeout,omitempty"`
	// MaxProtocolVersion is the highest version that phones are answered with.
	// Default 22.
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=22
	// +optional
	MaxProtocolVersion *int32 `json:"maxProtocolVersion,omitempty"`
	// DateTemplate is the form of the date on the display: D, M and Y in one of
	// their orders with -, / or . between, and A at the end for a 12-hour clock
	// (CME's `date-format` and `time-format`).
	// +kubebuilder:validation:Pattern=`^(D[-/.]M[-/.]Y|M[-/.]D[-/.]Y|Y[-/.]M[-/.]D)A?$`
	// +kubebuilder:default=D/M/Y
	// +optional
	DateTemplate string `json:"dateTemplate,omitempty"`
	// TimeZone of the phones' clocks by its IANA name, such as Europe/Vienna.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:default=UTC
	// +optional
	TimeZone string `json:"timeZone,omitempty"`
	// AutoAssign are the numbers of the lines that unknown phones are given, each
	// the first that is free (CME's `auto assign`). They have no Skinny phone of
	// their own. Default: unknown phones are refused.
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +listType=set
	// +optional
	AutoAssign []string `json:"autoAssign,omitempty"`
	// Voicemail is what the messages button dials (CME's `voicemail`).
	// +kubebuilder:validation:Pattern=`^\+?[0-9*#]{1,32}$`
	// +optional
	Voicemail string `json:"voicemail,omitempty"`
	// DNDSilent makes do not disturb silence the ringer instead of refusing
	// calls at the phone.
	// +optional
	DNDSilent bool `json:"dndSilent,omitempty"`
}

// SkinnyDevice is the line's place on a Skinny phone. A phone with several
// lines is a device of each.
//
// +kubebuilder:validation:XValidation:rule="!has(self.buttons) || self.buttons.all(b, b.button != (has(self.button) ? self.button : 1))",message="buttons names the button of the line; give each button one meaning"
type SkinnyDevice struct {
	// MAC address of the phone: 0011.2233.4455, 00:11:22:33:44:55,
	// 001122334455 or SEP001122334455, in quotes.
	// +kubebuilder:validation:Pattern=`^(([Ss][Ee][Pp])?[0-9A-Fa-f]{12}|[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})$`
	MAC string `json:"mac"`
	// Model such as "7970". Default: what the phone says. It need be written at
	// one of a phone's lines only.
	// +kubebuilder:validation:Pattern=`^[0-9A-Za-z]([-. 0-9A-Za-z]{0,30}[0-9A-Za-z])?$`
	// +optional
	Model string `json:"model,omitempty"`
	// Button of the line, from the top.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=42
	// +kubebuilder:default=1
	// +optional
	Button *int32 `json:"button,omitempty"`
	// SilentRing keeps the phone from ringing for this line (CME's button
	// separator s).
	// +optional
	SilentRing bool `json:"silentRing,omitempty"`
	// Buttons of the phone that are no lines.
	// +kubebuilder:validation:MaxItems=41
	// +listType=map
	// +listMapKey=button
	// +optional
	Buttons []SkinnyButton `json:"buttons,omitempty"`
}

// SkinnyButtonType says what a button does.
//
// +kubebuilder:validation:Enum=speedDial;blfSpeedDial;doNotDisturb;forwardAll
type SkinnyButtonType string

// Types of button.
const (
	// SkinnySpeedDial dials its number.
	SkinnySpeedDial SkinnyButtonType = "speedDial"
	// SkinnyBLFSpeedDial is a speed dial that shows whether the line is busy.
	SkinnyBLFSpeedDial SkinnyButtonType = "blfSpeedDial"
	// SkinnyDoNotDisturb turns do not disturb on and off.
	SkinnyDoNotDisturb SkinnyButtonType = "doNotDisturb"
	// SkinnyForwardAll asks for a number to forward all calls to, or ends that.
	SkinnyForwardAll SkinnyButtonType = "forwardAll"
)

// SkinnyButton is a button of a phone that is no line.
//
// +kubebuilder:validation:XValidation:rule="has(self.number) == self.type.endsWith('peedDial')",message="number goes with speedDial and blfSpeedDial, which need one"
type SkinnyButton struct {
	// Button from the top, no other's on the phone.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=42
	Button int32 `json:"button"`
	// Type of the button: blfSpeedDial shows whether the line that it dials is
	// busy.
	Type SkinnyButtonType `json:"type"`
	// Number that a speed dial dials.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +optional
	Number string `json:"number,omitempty"`
	// Label on the display. Default: the number, or what the button does.
	// +kubebuilder:validation:MaxLength=39
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
	// +optional
	Label string `json:"label,omitempty"`
}
