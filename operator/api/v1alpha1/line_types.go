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

// LineSpec is the desired state of a line.
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
	// Watch lets applications monitor the line (CME's `allow watch`). Default true.
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
}

// LineDevice is a phone of a line.
type LineDevice struct {
	// Name of the device, unique in the line.
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`
	Name string `json:"name"`
	// SIP settings of the phone.
	// +optional
	SIP *SIPDevice `json:"sip,omitempty"`
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
