// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CTIUser is the user of a CSTA application, with its rights on lines.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cu,categories=cti
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.user`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions`
// +kubebuilder:printcolumn:name="Monitors",type=integer,JSONPath=`.status.monitors`
// +kubebuilder:printcolumn:name="Last seen",type=date,priority=1,JSONPath=`.status.lastSeen`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CTIUser struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the desired state of the user.
	Spec CTIUserSpec `json:"spec"`
	// Status is the observed state of the user.
	// +optional
	Status CTIUserStatus `json:"status,omitempty"`
}

// CTIUserList is a list of CTIUser.
//
// +kubebuilder:object:root=true
type CTIUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []CTIUser `json:"items"`
}

// CTIUserSpec is the desired state of a user.
//
// +kubebuilder:validation:XValidation:rule="has(self.user) == has(oldSelf.user) && (!has(self.user) || self.user == oldSelf.user)",message="user can't be changed; delete the CTIUser and create it anew"
// +kubebuilder:validation:XValidation:rule="(has(self.lines) && size(self.lines) > 0) || (has(self.lineSelectors) && size(self.lineSelectors) > 0)",message="list the lines the user may monitor or control, in lines or by lineSelectors"
type CTIUserSpec struct {
	// User is the user part of From, and the user of the digest. Default: the
	// object's name.
	// +kubebuilder:validation:Pattern=`^[^\s":\\@<>]{1,128}$`
	// +kubebuilder:validation:MaxLength=128
	// +optional
	User string `json:"user,omitempty"`
	// PasswordSecretRef names the password of the digest.
	PasswordSecretRef SecretKeyReference `json:"passwordSecretRef"`
	// Lines the user may monitor or control.
	// +kubebuilder:validation:MaxItems=1000
	// +listType=map
	// +listMapKey=target
	// +listMapKey=number
	// +optional
	Lines []LineGrant `json:"lines,omitempty"`
	// LineSelectors grant rights on the lines of a target by their labels, added
	// to those of lines.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	LineSelectors []LineSelectorGrant `json:"lineSelectors,omitempty"`
	// Limits of the user.
	// +optional
	Limits UserLimits `json:"limits,omitempty"`
}

// Right is what a user may do with a line.
//
// +kubebuilder:validation:Enum=monitor;control
type Right string

// Rights on a line.
const (
	// RightMonitor allows monitors and snapshots.
	RightMonitor Right = "monitor"
	// RightControl allows call control.
	RightControl Right = "control"
)

// LineGrant are a user's rights on one line.
type LineGrant struct {
	// Target is the name of the line's CMETarget.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Target string `json:"target"`
	// Number of the line.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	Number string `json:"number"`
	// Rights on the line.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +listType=set
	Rights []Right `json:"rights"`
}

// LineSelectorGrant are a user's rights on the lines of a target that a selector
// matches now.
type LineSelectorGrant struct {
	// Target is the name of the lines' CMETarget.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Target string `json:"target"`
	// Selector of the labels of Lines; {} matches every line of the target.
	Selector metav1.LabelSelector `json:"selector"`
	// Rights on the lines.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +listType=set
	Rights []Right `json:"rights"`
}

// UserLimits bound what one user may hold.
type UserLimits struct {
	// Sessions at a time. Default 10.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Sessions *int32 `json:"sessions,omitempty"`
	// Monitors of one session. Default 1000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +optional
	Monitors *int32 `json:"monitors,omitempty"`
}

// CTIUserStatus is the observed state of a user.
type CTIUserStatus struct {
	// ObservedGeneration is the generation that Conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Sessions that are open.
	// +optional
	Sessions int32 `json:"sessions,omitempty"`
	// Monitors of those sessions.
	// +optional
	Monitors int32 `json:"monitors,omitempty"`
	// LastSeen is when the user opened or ended a session last.
	// +optional
	LastSeen *metav1.Time `json:"lastSeen,omitempty"`
	// Conditions Accepted, ResolvedRefs, Connected and Ready.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
