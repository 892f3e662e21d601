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
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="In service",type=boolean,JSONPath=`.status.inService`
// +kubebuilder:printcolumn:name="Phones",type=integer,JSONPath=`.status.registeredDevices`
// +kubebuilder:printcolumn:name="Calls",type=integer,JSONPath=`.status.calls`
// +kubebuilder:printcolumn:name="DND",type=boolean,priority=1,JSONPath=`.status.doNotDisturb`
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
// +kubebuilder:validation:XValidation:rule="!has(self.remoteNumbers) || !(self.number in self.remoteNumbers)",message="a remote number is the line itself; name a phone outside"
// +kubebuilder:validation:XValidation:rule="!has(self.devices) || self.devices.filter(d, has(d.sip)).all(d, self.devices.exists_one(e, has(e.sip) && (has(e.sip.username) ? e.sip.username : self.number) == (has(d.sip.username) ? d.sip.username : self.number)))",message="two SIP phones have the same user name; give each its own sip.username"
type LineSpec struct {
	// Target is the name of the CMETarget the line belongs to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="target can't be changed; delete the Line and create it anew"
	Target string `json:"target"`
	// Number is the directory number, unique in its target: digits, optionally
	// after a +, with * and #, or letters as in A0001.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +kubebuilder:validation:MaxLength=33
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="number can't be changed; delete the Line and create it anew"
	Number string `json:"number"`
	// DisplayName is shown to called parties.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^\P{Cc}*$`
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
	// +kubebuilder:validation:MaxLength=33
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
	// +kubebuilder:validation:items:MaxLength=33
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
	// +kubebuilder:validation:MaxLength=128
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
	// Devices that are registered, the first 10.
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Devices []RegisteredDevice `json:"devices,omitempty"`
	// InService tells that calls can come to the line.
	// +optional
	InService bool `json:"inService,omitempty"`
	// DoNotDisturb tells that it is on now.
	// +optional
	DoNotDisturb bool `json:"doNotDisturb,omitempty"`
	// Forwarding that is active now.
	// +kubebuilder:validation:MaxItems=12
	// +listType=map
	// +listMapKey=type
	// +optional
	Forwarding []ActiveForwarding `json:"forwarding,omitempty"`
	// MessageWaiting tells that a message waits.
	// +optional
	MessageWaiting bool `json:"messageWaiting,omitempty"`
	// Calls at the line.
	// +optional
	Calls int32 `json:"calls,omitempty"`
	// Conditions Accepted, ResolvedRefs, Connected and Ready.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// RegisteredDevice is a phone that is registered.
type RegisteredDevice struct {
	// Name of the device in spec.devices, or that the phone registered with.
	// +optional
	Name string `json:"name,omitempty"`
	// Host is the address that the phone registered.
	// +optional
	Host string `json:"host,omitempty"`
	// UserAgent of the phone.
	// +optional
	UserAgent string `json:"userAgent,omitempty"`
	// Protocol of the phone: SIP or Skinny.
	// +optional
	Protocol string `json:"protocol,omitempty"`
	// Expires is when the registration ends if the phone does not renew it.
	// It is written anew only where it moved by a minute or more.
	// +optional
	Expires *metav1.Time `json:"expires,omitempty"`
}

// ActiveForwarding is a forwarding that is active.
type ActiveForwarding struct {
	// Type of the forwarding.
	Type ForwardingType `json:"type"`
	// ForwardDN is the number that calls go to.
	ForwardDN string `json:"forwardDN"`
}
