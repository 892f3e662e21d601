// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MusicOnHold is what a held party hears.
//
// +kubebuilder:validation:Enum=none;silence;music
type MusicOnHold string

// What a held party hears.
const (
	// MusicOnHoldNone: its media stops (a=inactive).
	MusicOnHoldNone MusicOnHold = "none"
	// MusicOnHoldSilence: the mixer sends silence.
	MusicOnHoldSilence MusicOnHold = "silence"
	// MusicOnHoldMusic: the mixer sends music.
	MusicOnHoldMusic MusicOnHold = "music"
)

// TargetMedia says what the mixer of a target does.
type TargetMedia struct {
	// MusicOnHold is what a held party hears.
	// +kubebuilder:default=none
	// +optional
	MusicOnHold MusicOnHold `json:"musicOnHold,omitempty"`
	// ConferenceParties is the most parties of a conference. Default 16.
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=16
	// +optional
	ConferenceParties *int32 `json:"conferenceParties,omitempty"`
}

// TargetFeatures are the feature settings of a target.
type TargetFeatures struct {
	// ParkSlots are the numbers that calls are parked at. None of them may be a
	// line's.
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +listType=set
	// +optional
	ParkSlots []string `json:"parkSlots,omitempty"`
	// ParkTimeout is how long a parked call waits before it goes back to who
	// parked it. Default 3m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be from 1s to 24h"
	// +optional
	ParkTimeout *metav1.Duration `json:"parkTimeout,omitempty"`
	// RouteTimeout is how long an application has to route a call; then the
	// line's default route counts. Default 5s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('100ms') && duration(self) <= duration('5m')",message="must be from 100ms to 5m"
	// +optional
	RouteTimeout *metav1.Duration `json:"routeTimeout,omitempty"`
	// RingDuration is how long one ring of a ringCount lasts. Default 6s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('30s')",message="must be from 1s to 30s"
	// +optional
	RingDuration *metav1.Duration `json:"ringDuration,omitempty"`
	// MaxRedirections is how often one call may be forwarded or deflected;
	// then it fails. Default 8.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	// +optional
	MaxRedirections *int32 `json:"maxRedirections,omitempty"`
	// CallBackTimeout is how long a callback request is kept. Default 1h.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('168h')",message="must be from 1m to 168h"
	// +optional
	CallBackTimeout *metav1.Duration `json:"callBackTimeout,omitempty"`
	// FailedTime is how long the caller of a MakeCall that failed stays in the
	// failed call. Default 2s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('5m')",message="must be from 0s to 5m"
	// +optional
	FailedTime *metav1.Duration `json:"failedTime,omitempty"`
}
