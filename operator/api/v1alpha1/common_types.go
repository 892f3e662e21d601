// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ConditionType is the type of a condition of this group's objects.
type ConditionType string

// Types of condition.
const (
	// ConditionAccepted tells that the object is valid.
	ConditionAccepted ConditionType = "Accepted"
	// ConditionResolvedRefs tells that every object it names exists.
	ConditionResolvedRefs ConditionType = "ResolvedRefs"
	// ConditionConnected tells that the data plane runs it.
	ConditionConnected ConditionType = "Connected"
	// ConditionDraining tells that a target takes nothing new, and what is left.
	ConditionDraining ConditionType = "Draining"
	// ConditionReady sums the others up.
	ConditionReady ConditionType = "Ready"
)

// ConditionReason is the reason of a condition.
type ConditionReason string

// Reasons of conditions.
const (
	ReasonAccepted         ConditionReason = "Accepted"
	ReasonInvalid          ConditionReason = "Invalid"
	ReasonResolvedRefs     ConditionReason = "ResolvedRefs"
	ReasonTargetNotFound   ConditionReason = "TargetNotFound"
	ReasonLineNotFound     ConditionReason = "LineNotFound"
	ReasonUserNotFound     ConditionReason = "UserNotFound"
	ReasonSecretNotFound   ConditionReason = "SecretNotFound"
	ReasonSecretKeyMissing ConditionReason = "SecretKeyMissing"
	ReasonConflict         ConditionReason = "Conflict"
	ReasonConnected        ConditionReason = "Connected"
	ReasonNoOwner          ConditionReason = "NoOwner"
	ReasonPending          ConditionReason = "Pending"
	ReasonReady            ConditionReason = "Ready"
	ReasonDraining         ConditionReason = "Draining"
	ReasonDrained          ConditionReason = "Drained"
	// ReasonRefused: the data plane did not take the configuration.
	ReasonRefused ConditionReason = "Refused"
	// ReasonNATSUnavailable: what the data plane does is not known.
	ReasonNATSUnavailable ConditionReason = "NATSUnavailable"
)

// SecretKeyReference names a key of a Secret in the object's own namespace.
type SecretKeyReference struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
	// Key in the Secret's data.
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]{1,253}$`
	// +kubebuilder:default=password
	// +optional
	Key string `json:"key,omitempty"`
}
