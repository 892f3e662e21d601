// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// DialPlan says what the numbers that phones and applications dial mean.
//
// +kubebuilder:validation:XValidation:rule="has(self.countryCode) || (!has(self.areaCode) && !has(self.officeCode))",message="areaCode and officeCode need countryCode; write for example countryCode: \"1\""
type DialPlan struct {
	// CountryCode, AreaCode and OfficeCode are the digits before the extension
	// in E.164: with "1", "425" and "555", extension 0100 is +14255550100.
	// Without CountryCode no number is converted.
	// +kubebuilder:validation:Pattern=`^[1-9][0-9]{0,2}$`
	// +optional
	CountryCode string `json:"countryCode,omitempty"`
	// AreaCode, without the national prefix; empty where numbers have none.
	// +kubebuilder:validation:Pattern=`^[0-9]{1,10}$`
	// +optional
	AreaCode string `json:"areaCode,omitempty"`
	// OfficeCode are the digits between area code and extension.
	// +kubebuilder:validation:Pattern=`^[0-9]{1,10}$`
	// +optional
	OfficeCode string `json:"officeCode,omitempty"`
	// ExternalPrefix is dialled before numbers outside, for example "9".
	// +kubebuilder:validation:Pattern=`^[0-9*#]{1,8}$`
	// +optional
	ExternalPrefix string `json:"externalPrefix,omitempty"`
	// InternationalPrefix is dialled before a country code, for example "00".
	// +kubebuilder:validation:Pattern=`^[0-9*#]{1,8}$`
	// +optional
	InternationalPrefix string `json:"internationalPrefix,omitempty"`
	// NationalPrefix is dialled before an area code, for example "0".
	// +kubebuilder:validation:Pattern=`^[0-9*#]{1,8}$`
	// +optional
	NationalPrefix string `json:"nationalPrefix,omitempty"`
	// ExtensionLength is how many digits an extension has. Default: not known;
	// then only numbers of a Line are extensions.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=15
	// +optional
	ExtensionLength *int32 `json:"extensionLength,omitempty"`
	// Rules rewrite what is dialled; the first that matches counts.
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	Rules []DialRule `json:"rules,omitempty"`
}

// DialAction is what becomes of a number that a rule matches.
//
// +kubebuilder:validation:Enum=route;trunk;block
type DialAction string

// Actions of a rule.
const (
	// DialRoute looks the rewritten number up among the lines, else sends it to
	// the trunk.
	DialRoute DialAction = "route"
	// DialTrunk sends the rewritten number to the trunk.
	DialTrunk DialAction = "trunk"
	// DialBlock refuses the call.
	DialBlock DialAction = "block"
)

// DialRule rewrites a dialled number.
//
// +kubebuilder:validation:XValidation:rule="!has(self.strip) || self.strip <= size(self.pattern) - (self.pattern.endsWith('T') ? 1 : 0)",message="strip takes off more characters than the pattern has at least"
// +kubebuilder:validation:XValidation:rule="!has(self.action) || self.action != 'block' || (!has(self.strip) && !has(self.prefix))",message="action block refuses the number; remove strip and prefix"
type DialRule struct {
	// Pattern of the whole number, as in CME's destination-pattern: digits, *
	// and #, a + in front, "." for any digit, and "T" at the end for any more.
	// +kubebuilder:validation:Pattern=`^\+?[0-9*#.]{0,31}T?$`
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=33
	Pattern string `json:"pattern"`
	// Strip is how many characters are taken off the front. Default 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=32
	// +optional
	Strip int32 `json:"strip,omitempty"`
	// Prefix is put in front after that.
	// +kubebuilder:validation:Pattern=`^\+?[0-9*#]{0,31}$`
	// +optional
	Prefix string `json:"prefix,omitempty"`
	// Action on the rewritten number.
	// +kubebuilder:default=route
	// +optional
	Action DialAction `json:"action,omitempty"`
}
