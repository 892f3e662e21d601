// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CTIUser is the user of a CSTA application, with its rights on lines.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cu,categories=cti
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.user`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
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
type CTIUserSpec struct {
	// User is the user part of From, and the user of the digest. Default: the
	// object's name.
	// +kubebuilder:validation:Pattern=`^[^\s":\\@<>]{1,128}$`
	// +optional
	User string `json:"user,omitempty"`
	// PasswordSecretRef names the password of the digest.
	PasswordSecretRef SecretKeyReference `json:"passwordSecretRef"`
	// Lines the user may monitor or control.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +listType=map
	// +listMapKey=target
	// +listMapKey=number
	Lines []LineGrant `json:"lines"`
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
	// Conditions Accepted, ResolvedRefs, Connected and Ready.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
