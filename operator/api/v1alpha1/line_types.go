// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Line is a directory number (DN) of a target: the CSTA device.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=dn,categories=cti
// +kubebuilder:printcolumn:name="Target",type=string,JSONPath=`.spec.target`
// +kubebuilder:printcolumn:name="Number",type=string,JSONPath=`.spec.number`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Line struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the desired state of the line.
	Spec LineSpec `json:"spec"`
	// Status is the observed state of the line.
	// +optional
	Status LineStatus `json:"status,omitempty"`
}

// LineList is a list of Line.
//
// +kubebuilder:object:root=true
type LineList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Line `json:"items"`
}

// LineKind says who answers the calls of a line.
//
// +kubebuilder:validation:Enum=station;routeing
type LineKind string

// Kinds of line.
const (
	// LineStation: the line's phones ring.
	LineStation LineKind = "station"
	// LineRouteing: an application that registered for it routes its calls
	// (ECMA-269 routeing services).
	LineRouteing LineKind = "routeing"
)

// LineSpec is the desired state of a line.
//
// +kubebuilder:validation:XValidation:rule="!has(self.defaultRoute) || (has(self.kind) && self.kind == 'routeing')",message="defaultRoute goes with kind routeing"
// +kubebuilder:validation:XValidation:rule="!has(self.kind) || self.kind != 'routeing' || !has(self.devices) || size(self.devices) == 0",message="a line of kind routeing has no phones; remove devices"
// +kubebuilder:validation:XValidation:rule="!has(self.defaultRoute) || self.defaultRoute != self.number",message="defaultRoute is the line itself; name another number"
// +kubebuilder:validation:XValidation:rule="!has(self.forwarding) || self.forwarding.all(f, f.forwardDN != self.number)",message="forwardDN is the line itself; name another number"
type LineSpec struct {
	// Target is the name of the CMETarget the line belongs to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="target can't be changed; delete the Line and create it anew"
	Target string `json:"target"`
	// Number is the directory number, unique in its target: digits, optionally
	// after a +, with * and #, or letters as in A0001.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	Number string `json:"number"`
	// DisplayName is shown to called parties.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	DisplayName string `json:"displayName,omitempty"`
	// Devices are the phones of the line.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	// +optional
	Devices []LineDevice `json:"devices,omitempty"`
	// Watch lets applications monitor the line and other phones show its lamp
	// (CME's `allow watch`). Default true.
	// +optional
	Watch *bool `json:"watch,omitempty"`
	// Control lets applications control the line (CME's `cti watch`). Default true.
	// +optional
	Control *bool `json:"control,omitempty"`
	// DoNotDisturb refuses calls to the line.
	// +optional
	DoNotDisturb bool `json:"doNotDisturb,omitempty"`
	// CallLimit is the most calls of the line at a time. Default: the target's
	// limits.callsPerLine.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	CallLimit *int32 `json:"callLimit,omitempty"`
	// Kind of the line.
	// +kubebuilder:default=station
	// +optional
	Kind LineKind `json:"kind,omitempty"`
	// DefaultRoute is where the calls of a routeing line go when no application
	// routes them. Default: they are refused.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +optional
	DefaultRoute string `json:"defaultRoute,omitempty"`
	// PickupGroup lets lines of the same name take each other's ringing calls.
	// +kubebuilder:validation:Pattern=`^[-_0-9A-Za-z]{1,32}$`
	// +optional
	PickupGroup string `json:"pickupGroup,omitempty"`
	// Forwarding of the line's calls.
	// +kubebuilder:validation:MaxItems=12
	// +listType=map
	// +listMapKey=type
	// +optional
	Forwarding []Forwarding `json:"forwarding,omitempty"`
	// SuppressCallerID keeps the line's number from called parties.
	// +optional
	SuppressCallerID bool `json:"suppressCallerID,omitempty"`
	// AutoAnswer makes the line's phones answer by themselves where they can.
	// +optional
	AutoAnswer bool `json:"autoAnswer,omitempty"`
	// RemoteNumbers are the user's phones outside, for dial-via-office: an
	// application may name one as the calling device. Each belongs to one line.
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:Pattern=`^\+?[0-9*#]{1,32}$`
	// +listType=set
	// +optional
	RemoteNumbers []string `json:"remoteNumbers,omitempty"`
	// CTINotify keeps the line in service without a phone, so that
	// applications see its calls (CME's `cti notify`).
	// +optional
	CTINotify bool `json:"ctiNotify,omitempty"`
}

// LineDevice is a phone of a line: sip or skinny says which kind.
//
// +kubebuilder:validation:XValidation:rule="has(self.sip) != has(self.skinny)",message="a phone is either a SIP phone or a Skinny phone; write one of sip and skinny"
type LineDevice struct {
	// Name of the device, unique in the line.
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`
	Name string `json:"name"`
	// SIP settings of the phone.
	// +optional
	SIP *SIPDevice `json:"sip,omitempty"`
	// Skinny settings of the phone.
	// +optional
	Skinny *SkinnyDevice `json:"skinny,omitempty"`
}

// AnswerMethod is how a phone can be made to answer.
//
// +kubebuilder:validation:Enum=auto;none;notifyTalk;autoAnswerHeader
type AnswerMethod string

// Ways to make a phone answer.
const (
	// AnswerAuto takes NOTIFY talk where the phone offers it in Allow-Events.
	AnswerAuto AnswerMethod = "auto"
	// AnswerNone refuses AnswerCall.
	AnswerNone AnswerMethod = "none"
	// AnswerNotifyTalk sends NOTIFY with Event: talk.
	AnswerNotifyTalk AnswerMethod = "notifyTalk"
	// AnswerAutoAnswerHeader sends the ringing call again with headers that
	// make the phone answer.
	AnswerAutoAnswerHeader AnswerMethod = "autoAnswerHeader"
)

// SIPDevice are the SIP settings of a phone.
type SIPDevice struct {
	// Username of the digest, unique in the target: a line with several phones
	// gives each its own. Default: the line's number.
	// +kubebuilder:validation:Pattern=`^[^\s":\\@<>]{1,128}$`
	// +optional
	Username string `json:"username,omitempty"`
	// PasswordSecretRef names the password of the digest.
	PasswordSecretRef SecretKeyReference `json:"passwordSecretRef"`
	// Answer is how AnswerCall makes the phone answer.
	// +kubebuilder:default=auto
	// +optional
	Answer AnswerMethod `json:"answer,omitempty"`
}

// LineStatus is the observed state of a line.
type LineStatus struct {
	// ObservedGeneration is the generation that Conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// RegisteredDevices is how many phones are registered.
	// +optional
	RegisteredDevices int32 `json:"registeredDevices,omitempty"`
	// Conditions Accepted, ResolvedRefs, Connected and Ready.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
