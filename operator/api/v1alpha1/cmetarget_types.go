// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CMETarget is one call-control system whose phones CSTA applications monitor
// and control.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cme,categories=cti
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Lines",type=integer,JSONPath=`.status.lines`
// +kubebuilder:printcolumn:name="In service",type=integer,JSONPath=`.status.linesInService`
// +kubebuilder:printcolumn:name="Phones",type=integer,JSONPath=`.status.phonesRegistered`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions`
// +kubebuilder:printcolumn:name="Calls",type=integer,JSONPath=`.status.calls`
// +kubebuilder:printcolumn:name="Driver",type=string,priority=1,JSONPath=`.spec.driver.type`
// +kubebuilder:printcolumn:name="Owner",type=string,priority=1,JSONPath=`.status.owner`
// +kubebuilder:printcolumn:name="Version",type=string,priority=1,JSONPath=`.status.configVersion`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CMETarget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the desired state of the target.
	Spec CMETargetSpec `json:"spec"`
	// Status is the observed state of the target.
	// +optional
	Status CMETargetStatus `json:"status,omitempty"`
}

// CMETargetList is a list of CMETarget.
//
// +kubebuilder:object:root=true
type CMETargetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []CMETarget `json:"items"`
}

// CMETargetSpec is the desired state of a target.
//
// +kubebuilder:validation:XValidation:rule="!has(self.trunk) || !has(self.trunk.e164) || !self.trunk.e164 || (has(self.dialPlan) && has(self.dialPlan.countryCode))",message="trunk.e164 needs dialPlan.countryCode"
type CMETargetSpec struct {
	// SIP says under which SIP addresses the target is reached.
	SIP TargetSIP `json:"sip"`
	// Driver is the line side of the target.
	// +optional
	Driver TargetDriver `json:"driver,omitempty"`
	// CSTA says how application sessions behave.
	// +optional
	CSTA TargetCSTA `json:"csta,omitempty"`
	// DialPlan says what dialled numbers mean. Default: they are lines' numbers.
	// +optional
	DialPlan *DialPlan `json:"dialPlan,omitempty"`
	// Trunk to numbers outside. Default: there is none, and they are refused.
	// +optional
	Trunk *Trunk `json:"trunk,omitempty"`
	// Media says what the target's mixer does.
	// +optional
	Media TargetMedia `json:"media,omitempty"`
	// Features are the settings of park, routeing, forwarding and callback.
	// +optional
	Features TargetFeatures `json:"features,omitempty"`
	// SessionManagers are applications that register and keep alive.
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=registerID
	// +optional
	SessionManagers []SessionManager `json:"sessionManagers,omitempty"`
	// Limits bound what the target may hold.
	// +optional
	Limits TargetLimits `json:"limits,omitempty"`
	// Maintenance takes the target out of use.
	// +optional
	Maintenance TargetMaintenance `json:"maintenance,omitempty"`
}

// TargetSIP says under which SIP addresses a target is reached.
type TargetSIP struct {
	// Domains and addresses that phones and applications put behind the @.
	// "*" means any domain that no other target has.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule="self == '*' || isIP(self) || !format.dns1123Subdomain().validate(self.lowerAscii()).hasValue()",message="write a host name, an address without port and brackets, or *"
	// +kubebuilder:validation:XValidation:rule="self.all(d, self.exists_one(e, e.lowerAscii() == d.lowerAscii()))",message="a domain is listed twice; upper and lower case are the same"
	// +listType=set
	Domains []string `json:"domains"`
	// Realm of the digest of phones and users. Defaults to the first domain
	// that is not "*", else "offhook". A change makes devices authenticate anew.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[^"\\\x00-\x1f\x7f]*$`
	// +optional
	Realm string `json:"realm,omitempty"`
}

// DriverType names a line-side driver.
//
// +kubebuilder:validation:Enum=sipLine;simulated;skinny
type DriverType string

// Types of driver.
const (
	// DriverSIPLine: the target's SIP phones register with Offhook.
	DriverSIPLine DriverType = "sipLine"
	// DriverSimulated: phones that exist in memory only, for load tests.
	DriverSimulated DriverType = "simulated"
	// DriverSkinny: the target has Skinny (SCCP) phones only.
	DriverSkinny DriverType = "skinny"
)

// TargetDriver is the line side of a target: its SIP phones, its Skinny phones,
// or both.
//
// +kubebuilder:validation:XValidation:rule="!has(self.skinny) || !has(self.type) || self.type != 'simulated'",message="Skinny phones go with type skinny or sipLine; remove skinny or change type"
// +kubebuilder:validation:XValidation:rule="!has(self.sipLine) || !has(self.type) || self.type == 'sipLine'",message="sipLine goes with type sipLine; remove sipLine or change type"
// +kubebuilder:validation:XValidation:rule="!has(self.simulated) || (has(self.type) && self.type == 'simulated')",message="simulated goes with type simulated; remove simulated or change type"
// +kubebuilder:validation:XValidation:rule="!has(self.skinny) || (has(self.type) && self.type == 'skinny') || (!has(self.skinny.noAnswerTimeout) && !has(self.skinny.promptTimeout))",message="skinny.noAnswerTimeout and skinny.promptTimeout go with type skinny; with type sipLine write those of sipLine"
type TargetDriver struct {
	// Type of the driver.
	// +kubebuilder:default=sipLine
	// +optional
	Type DriverType `json:"type,omitempty"`
	// SIPLine settings, for type sipLine.
	// +optional
	SIPLine *SIPLineDriver `json:"sipLine,omitempty"`
	// Simulated settings, for type simulated.
	// +optional
	Simulated *SimulatedDriver `json:"simulated,omitempty"`
	// Skinny settings, for type skinny; beside type sipLine the target serves
	// Skinny phones too, with {} for all defaults.
	// +optional
	Skinny *SkinnyDriver `json:"skinny,omitempty"`
}

// SIPLineDriver are the settings of driver sipLine.
//
// +kubebuilder:validation:XValidation:rule="duration(has(self.maxRegistrationExpiry) ? self.maxRegistrationExpiry : '1h') >= duration(has(self.minRegistrationExpiry) ? self.minRegistrationExpiry : '60s')",message="maxRegistrationExpiry (default 1h) must not be shorter than minRegistrationExpiry (default 60s)"
// +kubebuilder:validation:XValidation:rule="duration(has(self.defaultRegistrationExpiry) ? self.defaultRegistrationExpiry : '10m') >= duration(has(self.minRegistrationExpiry) ? self.minRegistrationExpiry : '60s') && duration(has(self.defaultRegistrationExpiry) ? self.defaultRegistrationExpiry : '10m') <= duration(has(self.maxRegistrationExpiry) ? self.maxRegistrationExpiry : '1h')",message="defaultRegistrationExpiry (default 10m) must be from minRegistrationExpiry (default 60s) to maxRegistrationExpiry (default 1h)"
type SIPLineDriver struct {
	// MinRegistrationExpiry refuses shorter registrations with 423. Default 60s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be from 1s to 24h"
	// +optional
	MinRegistrationExpiry *metav1.Duration `json:"minRegistrationExpiry,omitempty"`
	// DefaultRegistrationExpiry is granted to a phone that asks for none. Default 10m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('168h')",message="must be from 1s to 168h"
	// +optional
	DefaultRegistrationExpiry *metav1.Duration `json:"defaultRegistrationExpiry,omitempty"`
	// MaxRegistrationExpiry is the most that is granted. Default 1h.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('168h')",message="must be from 1s to 168h"
	// +optional
	MaxRegistrationExpiry *metav1.Duration `json:"maxRegistrationExpiry,omitempty"`
	// NoAnswerTimeout is how long a called line rings. Default 3m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	NoAnswerTimeout *metav1.Duration `json:"noAnswerTimeout,omitempty"`
	// PromptTimeout is how long MakeCall waits for the caller's phone to be
	// picked up. Default 30s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	PromptTimeout *metav1.Duration `json:"promptTimeout,omitempty"`
}

// SimulatedDriver are the settings of driver simulated.
type SimulatedDriver struct {
	// AutoAnswer makes called phones answer by themselves. Default true.
	// +optional
	AutoAnswer *bool `json:"autoAnswer,omitempty"`
	// AnswerAfter is how long a phone rings before it answers. Default 0s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('1h')",message="must be from 0s to 1h"
	// +optional
	AnswerAfter *metav1.Duration `json:"answerAfter,omitempty"`
	// NoAnswerTimeout is how long a called line rings. Default 3m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	NoAnswerTimeout *metav1.Duration `json:"noAnswerTimeout,omitempty"`
	// PromptTimeout is how long MakeCall waits for the caller's phone. Default 30s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be from 1s to 10m"
	// +optional
	PromptTimeout *metav1.Duration `json:"promptTimeout,omitempty"`
}

// CSTAMode is CME's `cti csta mode`.
//
// +kubebuilder:validation:Enum=advanced;basic
type CSTAMode string

// Modes of CSTA.
const (
	// CSTAModeAdvanced tells applications everything.
	CSTAModeAdvanced CSTAMode = "advanced"
	// CSTAModeBasic leaves out what Communicator-type clients don't understand.
	CSTAModeBasic CSTAMode = "basic"
)

// TargetCSTA says how application sessions of a target behave.
//
// +kubebuilder:validation:XValidation:rule="duration(has(self.sessionExpires) ? self.sessionExpires : '30m') >= duration(has(self.minSE) ? self.minSE : '90s')",message="sessionExpires (default 30m) must not be shorter than minSE (default 90s)"
type TargetCSTA struct {
	// Mode of the messages.
	// +kubebuilder:default=advanced
	// +optional
	Mode CSTAMode `json:"mode,omitempty"`
	// SessionExpires is the session timer offered (RFC 4028). Default 30m.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('90s') && duration(self) <= duration('24h')",message="must be from 90s to 24h"
	// +optional
	SessionExpires *metav1.Duration `json:"sessionExpires,omitempty"`
	// MinSE refuses shorter session timers with 422 (RFC 4028). Default 90s.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('90s') && duration(self) <= duration('1h')",message="must be from 90s to 1h"
	// +optional
	MinSE *metav1.Duration `json:"minSE,omitempty"`
	// SuppressDeviceIDConversion writes only the device that the session named
	// in the session's form; others stay directory numbers (CME's `cti message
	// device-id suppress-conversion`).
	// +optional
	SuppressDeviceIDConversion bool `json:"suppressDeviceIDConversion,omitempty"`
}

// TargetLimits bound what a target may hold. What is over a limit is refused
// with a CSTA error or SIP status that says so.
type TargetLimits struct {
	// Sessions of applications. Default 10000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Sessions *int32 `json:"sessions,omitempty"`
	// MonitorsPerLine is the most monitors on one line. Default 1000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	// +optional
	MonitorsPerLine *int32 `json:"monitorsPerLine,omitempty"`
	// CallsPerLine is the most calls of a line at a time. Default 4.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	CallsPerLine *int32 `json:"callsPerLine,omitempty"`
	// Calls of the whole target at a time. Default 10000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Calls *int32 `json:"calls,omitempty"`
}

// TargetMaintenance takes a target out of use.
type TargetMaintenance struct {
	// Drain takes no new sessions and no new calls; those that are up go on.
	// +optional
	Drain bool `json:"drain,omitempty"`
}

// CMETargetStatus is the observed state of a target.
type CMETargetStatus struct {
	// ObservedGeneration is the generation that Conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Owner is the phone-control replica that runs the target.
	// +optional
	Owner string `json:"owner,omitempty"`
	// ConfigVersion is the version that the data plane runs.
	// +optional
	ConfigVersion string `json:"configVersion,omitempty"`
	// PhonesRegistered is how many phones are registered.
	// +optional
	PhonesRegistered int32 `json:"phonesRegistered,omitempty"`
	// LinesInService is how many lines calls can come to.
	// +optional
	LinesInService int32 `json:"linesInService,omitempty"`
	// Lines that the owner runs.
	// +optional
	Lines int32 `json:"lines,omitempty"`
	// Sessions of applications that are open.
	// +optional
	Sessions int32 `json:"sessions,omitempty"`
	// Monitors that are running.
	// +optional
	Monitors int32 `json:"monitors,omitempty"`
	// Calls that are up.
	// +optional
	Calls int32 `json:"calls,omitempty"`
	// LastError is what the data plane complains of; empty: nothing.
	// +optional
	LastError string `json:"lastError,omitempty"`
	// Conditions Accepted, ResolvedRefs, Connected and Ready.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
