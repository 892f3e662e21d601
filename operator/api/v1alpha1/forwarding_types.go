// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ForwardingType says which calls are forwarded, in ECMA-323's words.
//
// +kubebuilder:validation:Enum=forwardImmediate;forwardBusy;forwardNoAns;forwardDND;forwardBusyInt;forwardBusyExt;forwardNoAnsInt;forwardNoAnsExt;forwardImmInt;forwardImmExt;forwardDNDInt;forwardDNDExt
type ForwardingType string

// Types of forwarding: always, on busy, on no answer, while do-not-disturb is
// on; each for all calls, those from inside and those from outside.
const (
	ForwardImmediate ForwardingType = "forwardImmediate"
	ForwardBusy      ForwardingType = "forwardBusy"
	ForwardNoAns     ForwardingType = "forwardNoAns"
	ForwardDND       ForwardingType = "forwardDND"
	ForwardBusyInt   ForwardingType = "forwardBusyInt"
	ForwardBusyExt   ForwardingType = "forwardBusyExt"
	ForwardNoAnsInt  ForwardingType = "forwardNoAnsInt"
	ForwardNoAnsExt  ForwardingType = "forwardNoAnsExt"
	ForwardImmInt    ForwardingType = "forwardImmInt"
	ForwardImmExt    ForwardingType = "forwardImmExt"
	ForwardDNDInt    ForwardingType = "forwardDNDInt"
	ForwardDNDExt    ForwardingType = "forwardDNDExt"
)

// Forwarding is a forwarding setting of a line. It holds until an application
// or a phone changes that type.
//
// +kubebuilder:validation:XValidation:rule="!has(self.ringCount) || self.type.startsWith('forwardNoAns')",message="ringCount goes with forwardNoAns, forwardNoAnsInt and forwardNoAnsExt"
type Forwarding struct {
	// Type of the forwarding.
	Type ForwardingType `json:"type"`
	// ForwardDN is the number that calls go to, inside or outside.
	// +kubebuilder:validation:Pattern=`^\+?[0-9A-Za-z*#]{1,32}$`
	// +kubebuilder:validation:MaxLength=33
	ForwardDN string `json:"forwardDN"`
	// RingCount is how often the line rings first, for the forwardNoAns types.
	// Default 3.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	RingCount *int32 `json:"ringCount,omitempty"`
}

// forwardingTypes are all types, in the order of the standard.
func forwardingTypes() []ForwardingType {
	return []ForwardingType{
		ForwardImmediate, ForwardBusy, ForwardNoAns, ForwardDND, ForwardBusyInt, ForwardBusyExt,
		ForwardNoAnsInt, ForwardNoAnsExt, ForwardImmInt, ForwardImmExt, ForwardDNDInt, ForwardDNDExt,
	}
}

// rings tells the types that let the line ring first.
func (t ForwardingType) rings() bool {
	return t == ForwardNoAns || t == ForwardNoAnsInt || t == ForwardNoAnsExt
}
